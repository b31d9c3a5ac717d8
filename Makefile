# feedmill - one makefile, no recursion; every output is under .build/FLAVOUR.
#
#   make            build                       make demo       see it run on sample feeds
#   make test       build and run every test    make run        run it on feeds of your own
#   make faults     all that can go wrong       make soak       chaos for hours
#   make lint       the rules of the house      make bench      measure, against floors and peers
#   make fuzz T=60  fuzz every decoder          make install    DESTDIR= PREFIX= are honoured
#
# FLAVOUR=release (default) | asan | tsan | cov | crash | fuzz | reach; CC=gcc | clang.
VERSION    := 0.1.0
FLAVOUR    ?= release
B          ?= .build/$(FLAVOUR)
PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
MANDIR     ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
PKG_CONFIG ?= pkg-config
.DEFAULT_GOAL := all

# A stage is a folder and a program. A common module is a name, and this list is the order of
# layers: a module may include itself and the ones before it (make lint). NAME_part.c is a part of
# module NAME.
STAGES := fetcher parser classifier sink
COMMON := scope crashpoint ascii hash utf8 mask err clock buf log arena file urlpart url digest json jsondoc ini \
	quantity config mark ballast wirecheck wire loss dbconn dbschema db record document item \
	spool quarantine idmap frame refusals linkin linkout socketfile listener curve socket discovery \
	resolver inlet outlet httphead http notify control blackbox options route wiring stage emit \
	feedmill sdk

# msgpack-c is called msgpack in Debian 12 and msgpack-c in Debian 13.
MSGPACK := $(shell $(PKG_CONFIG) --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)
PKG_common     := libzmq $(MSGPACK) sqlite3 jansson libcrypto
PKG_fetcher    := libcurl libxml-2.0 libmicrohttpd
PKG_parser     := libxml-2.0
PKG_classifier := libpcre2-8 libutf8proc
PKG_sink       :=

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wcast-qual -Wwrite-strings -Wpointer-arith -Wformat=2 -Wundef -Wvla \
	-Wimplicit-fallthrough -Wnull-dereference -Wdate-time $(WERROR)
HARDEN_release := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=pattern
SANITIZE_asan  := -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZE_tsan  := -fsanitize=thread
HARDEN_asan    := -O1 -g -fno-omit-frame-pointer $(SANITIZE_asan)
HARDEN_tsan    := -O1 -g -fno-omit-frame-pointer $(SANITIZE_tsan)
# For the fault suite: a process can be killed at a named point (common/crashpoint.h).
HARDEN_crash   := $(HARDEN_release) -DFEEDMILL_CRASHPOINTS
HARDEN_cov     := -O0 -g --coverage
HARDEN_reach   := -O0 -g -fprofile-instr-generate -fcoverage-mapping
HARDEN_fuzz    := -O1 -g -fno-omit-frame-pointer $(SANITIZE_asan) -fsanitize=fuzzer-no-link
ifeq ($(FLAVOUR),tsan)
export TSAN_OPTIONS ?= suppressions=$(CURDIR)/tests/tsan.supp
endif
LINK_release   := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed

LINK_crash     := $(LINK_release)

ALL_CPPFLAGS = -I. -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -MMD -MP \
	$(shell $(PKG_CONFIG) --cflags $(PKG)) $(CPPFLAGS)
ALL_CFLAGS   = -std=gnu17 -fPIC -fvisibility=hidden $(WARN) $(HARDEN_$(FLAVOUR)) $(CFLAGS)
ALL_LDFLAGS  = $(HARDEN_$(FLAVOUR)) $(LINK_$(FLAVOUR)) $(LDFLAGS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# The libraries: common.a for our programs, libfeedmill for everybody's.
# http needs libcurl, which only programs that speak HTTP link.
COMMON_ALL := $(wildcard $(COMMON:%=common/%.c) $(COMMON:%=common/%_*.c))
HTTP_SRC   := $(filter common/http.c common/http_%,$(COMMON_ALL))
COMMON_SRC := $(filter-out $(HTTP_SRC),$(COMMON_ALL))
COMMON_OBJ := $(COMMON_SRC:%.c=$(B)/%.o)
$(COMMON_OBJ): PKG := $(PKG_common)
HTTP_OBJ := $(HTTP_SRC:%.c=$(B)/%.o)
$(HTTP_OBJ): PKG := libcurl
$(B)/common.a: $(COMMON_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

# What strangers link: the skeleton and the item, nothing of our stages.
LIBFEEDMILL := $(B)/lib/libfeedmill.so.1
$(LIBFEEDMILL): PKG := $(PKG_common)
$(LIBFEEDMILL): $(B)/common/sdk.o $(B)/common.a common/libfeedmill.map
	@mkdir -p $(@D)
	$(CC) -shared $(filter-out -pie,$(ALL_LDFLAGS)) -Wl,-soname,$(@F) \
		-Wl,--version-script=common/libfeedmill.map -o $@ $(filter %.o %.a,$^) \
		$(shell $(PKG_CONFIG) --libs $(PKG)) -lm
	ln -sf $(@F) $(@D)/libfeedmill.so

# One program a stage.
define stage
SRC_$(1) := $(wildcard $(1)/*.c $(1)/*/*.c)
OBJ_$(1) := $$(SRC_$(1):%.c=$(B)/%.o) $(if $(filter libcurl,$(PKG_$(1))),$(HTTP_OBJ))
$$(OBJ_$(1)) $(B)/bin/feedmill-$(1): PKG := $(PKG_common) $(PKG_$(1))
$(B)/bin/feedmill-$(1): $$(OBJ_$(1)) $(B)/common.a
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(shell $(PKG_CONFIG) --libs $$(PKG)) -lm
endef
$(foreach s,$(STAGES),$(eval $(call stage,$(s))))
# The assembler reads these into the object; no compiler's list of dependencies names them.
$(B)/sink/site_assets.o: $(wildcard sink/site/*)
# The operator's command: knows the stages by their sockets and programs only.
OBJ_feedmill := $(patsubst %.c,$(B)/%.o,$(wildcard deploy/feedmill/*.c))
$(OBJ_feedmill) $(B)/bin/feedmill: PKG := $(PKG_common)
$(B)/bin/feedmill: $(OBJ_feedmill) $(B)/common.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(PKG)) -lm

BINS := $(STAGES:%=$(B)/bin/feedmill-%) $(B)/bin/feedmill

# Unit tests and fuzz targets: the object under test is common.a or a stage's folder.
TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*_test.c))
ifeq ($(FLAVOUR),tsan)
# It forks stages from a process with threads, which ThreadSanitizer cannot follow; system tests can.
TESTS := $(filter-out %/stage_test,$(TESTS))
endif
FUZZ  := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/*_fuzz.c))
PKG_all := $(PKG_common) libcurl libmicrohttpd libxml-2.0 libpcre2-8 libutf8proc
$(TESTS) $(FUZZ) $(TESTS:%=%.o) $(FUZZ:%=%.o): PKG := $(PKG_all)
# The example includes <feedmill.h> as an installed one; after the others, or err.h would hide libc's.
$(B)/tests/unit/example_sink_test.o: CPPFLAGS += -idirafter common
# A name server that is silent: only the linker can give the resolver one.
$(B)/tests/unit/resolver_test: LDFLAGS += -Wl,--wrap=getaddrinfo
STAGE_OBJ := $(filter-out %/main.o,$(foreach s,$(STAGES),$(OBJ_$(s))))
$(B)/stages.a: $(sort $(STAGE_OBJ))
	@rm -f $@
	$(AR) rcs $@ $^
# The operator's command, for its unit tests.
$(B)/operator.a: $(filter-out %/main.o,$(OBJ_feedmill))
	@rm -f $@
	$(AR) rcs $@ $^
$(TESTS): $(B)/%: $(B)/%.o $(B)/operator.a $(B)/stages.a $(B)/common.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(PKG)) -lm
ifeq ($(FLAVOUR),fuzz)
$(FUZZ): $(B)/%: $(B)/%.o $(B)/stages.a $(B)/common.a
	$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(shell $(PKG_CONFIG) --libs $(PKG)) -lm
else
$(FUZZ): $(B)/%: $(B)/%.o $(B)/tests/fuzz/replay.o $(B)/stages.a $(B)/common.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(PKG)) -lm
endif

# The server of sample feeds and of bad manners, for demo and tests.
FEEDSERVER := $(B)/tests/feedserver/feedserver
FEEDSERVER_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard tests/feedserver/*.c))
$(FEEDSERVER): PKG := $(PKG_common)
$(FEEDSERVER): $(FEEDSERVER_OBJ) $(B)/common.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(PKG))

all: $(BINS) $(LIBFEEDMILL)

# Install: DESTDIR=, PREFIX=, LIBDIR=, SYSCONFDIR=, UNITDIR= are honoured.
LIBEXECDIR  ?= $(PREFIX)/lib/feedmill
UNITDIR     ?= $(shell $(PKG_CONFIG) --variable=systemdsystemunitdir systemd 2>/dev/null || echo /lib/systemd/system)
SYSUSERSDIR ?= /usr/lib/sysusers.d
TMPFILESDIR ?= /usr/lib/tmpfiles.d
FILL := sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@VERSION@|$(VERSION)|g' \
	-e 's|@LIBEXECDIR@|$(LIBEXECDIR)|g'
D := $(DESTDIR)

install: all
	install -d $D$(PREFIX)/bin $D$(LIBEXECDIR) $D$(PREFIX)/include $D$(LIBDIR)/pkgconfig \
		$D$(UNITDIR)/feedmill-.service.d $D$(UNITDIR)/feedmill-fetcher.service.d \
		$D$(SYSUSERSDIR) $D$(TMPFILESDIR) $D$(SYSCONFDIR)/feedmill
	install -m 755 $(B)/bin/feedmill $D$(PREFIX)/bin
	install -m 755 $(STAGES:%=$(B)/bin/feedmill-%) $D$(LIBEXECDIR)
	install -m 644 common/feedmill.h $D$(PREFIX)/include
	install -m 755 $(LIBFEEDMILL) $D$(LIBDIR)
	ln -sf libfeedmill.so.1 $D$(LIBDIR)/libfeedmill.so
	$(FILL) common/libfeedmill.pc.in >$D$(LIBDIR)/pkgconfig/feedmill.pc
	for u in deploy/systemd/*.service.in; do \
		$(FILL) $$u >$D$(UNITDIR)/$$(basename $$u .in) || exit 1; done
	install -m 644 deploy/systemd/feedmill.target deploy/systemd/feedmill.slice $D$(UNITDIR)
	install -m 644 deploy/systemd/10-hardening.conf $D$(UNITDIR)/feedmill-.service.d
	install -m 644 deploy/systemd/20-network.conf $D$(UNITDIR)/feedmill-fetcher.service.d
	install -m 644 deploy/systemd/feedmill.sysusers $D$(SYSUSERSDIR)/feedmill.conf
	install -m 644 deploy/systemd/feedmill.tmpfiles $D$(TMPFILESDIR)/feedmill.conf
	for m in $(wildcard */*.[1-8] deploy/feedmill/*.[1-8]); do \
		install -D -m 644 -t $D$(MANDIR)/man$${m##*.} $$m || exit 1; done
	install -d $D$(PREFIX)/share/doc/feedmill/examples
	install -m 755 -t $D$(PREFIX)/share/doc/feedmill/examples deploy/examples/exec.*
	install -m 644 -t $D$(PREFIX)/share/doc/feedmill/examples deploy/examples/sink.c
	install -D -m 644 deploy/completion/feedmill.bash \
		$D$(PREFIX)/share/bash-completion/completions/feedmill
	# A configuration that is there is the operator's.
	for c in deploy/conf/*.conf; do \
		test -e $D$(SYSCONFDIR)/feedmill/$$(basename $$c) || \
			install -m 644 -t $D$(SYSCONFDIR)/feedmill $$c || exit 1; done


# To see it: both begin with what is missing on this machine.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
AGAIN := $(MAKE) --no-print-directory -j$(JOBS)
# The answers of pkg-config are only right once it and the libraries are there: hence AGAIN.
demo:
	@sh tests/setup/install-deps.sh build
	@$(AGAIN) -s all $(FEEDSERVER)
	@sh tests/demo/demo.sh $(B)
# FEEDS: an OPML file, or addresses of feeds.
run:
	@sh tests/setup/install-deps.sh build
	@$(AGAIN) -s all
	@FEEDS='$(FEEDS)' sh tests/demo/run.sh $(B)

# To test it: make test does it all.
test:
	@sh tests/setup/install-deps.sh test
	@MAKE='$(AGAIN)' sh tests/run

build-tests: $(TESTS) $(FUZZ) $(FEEDSERVER)
# What needs no daemon, of one flavour: make check FLAVOUR=asan
check: all $(TESTS) $(FUZZ)
	@sh tests/unit/run $(TESTS)
	@tests/golden/run $(B)/bin/feedmill-parser
	@$(MAKE) --no-print-directory fuzz-replay
# Real daemons: make system, or S="kill stop" for some of the tests.
system: all $(FEEDSERVER)
	@B=$(B) tests/system/run $(S)
# All that can go wrong, a row each (tests/faults/run): make faults, or F="F3 F21" for some rows.
# make soak [HOURS=8]: chaos after chaos. Both on builds in which a stage can be killed at a point.
CRASH := $(MAKE) --no-print-directory -s FLAVOUR=crash B=.build/crash
faults: $(B)/tests/unit/link_model_test $(B)/tests/unit/resolver_test
	@$(CRASH) all .build/crash/tests/feedserver/feedserver
	@B=.build/crash tests/faults/run $(FAULTS_OPTIONS) $(F)
soak:
	@$(CRASH) all .build/crash/tests/feedserver/feedserver
	@B=.build/crash tests/faults/soak $(SEED)
# Breaks the link on purpose and sees its model test fail.
mutants:
	@CC='$(CC)' B=$(B) tests/unit/link_mutants
# A whole run under valgrind, every daemon of it: no leak, no read of what was never written.
VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full \
	--errors-for-leak-kinds=definite,indirect --show-leak-kinds=definite,indirect
valgrind: all $(FEEDSERVER)
	@B=$(B) FEEDMILL_TEST_WRAP='$(VALGRIND)' FEEDMILL_TEST_SLOWNESS=6 \
		tests/system/run -j 1 end_to_end
lint:
	@sh tests/lint/lint.sh "$(STAGES)" "$(COMMON)"
.PHONY: demo run test build-tests check faults soak mutants system valgrind lint

# One unit test: make unit-buf
unit-%: $(B)/tests/unit/%_test
	$<

# Every fuzz target on its corpus, once, in any flavour: a crash that was found stays fixed.
fuzz-replay: $(FUZZ)
	@for f in $(FUZZ); do n=$${f##*/}; n=$${n%_fuzz}; \
		echo "# fuzz-replay $$n"; $$f tests/fuzz/corpus/$$n || exit 1; done

# T seconds of fuzzing a target. New finds are kept for the next run, and what crashes for a look:
# it belongs into tests/fuzz/corpus once it is fixed.
T ?= 60
fuzz:
	$(MAKE) CC=clang FLAVOUR=fuzz B=.build/fuzz T=$(T) fuzz-run
fuzz-run: $(FUZZ)
	@mkdir -p $(B)/crash
	@for f in $(FUZZ); do n=$${f##*/}; n=$${n%_fuzz}; mkdir -p $(B)/found/$$n; \
		echo "# fuzz $$n for $(T) s"; \
		$$f -max_total_time=$(T) -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
			-verbosity=0 -print_final_stats=1 -artifact_prefix=$(B)/crash/$$n- \
			$(B)/found/$$n tests/fuzz/corpus/$$n || exit 1; done

# What of each decoder's code the corpora reach, those in the project and what make fuzz has found:
# lines by file. FOUND: where that lies.
FOUND ?= .build/fuzz/found
REACH := parser/*.c common/url.c common/utf8.c common/jsondoc.c common/wire*.c common/item.c \
	common/document.c classifier/rules*.c classifier/match*.c fetcher/opml.c fetcher/discover.c
fuzz-reach:
	$(MAKE) -s CC=clang FLAVOUR=reach B=.build/reach fuzz-reach-run
fuzz-reach-run: $(FUZZ)
	@rm -f $(B)/*.profraw
	@for f in $(FUZZ); do n=$${f##*/}; n=$${n%_fuzz}; found=$(FOUND)/$$n; \
		test -d $$found || found=; \
		LLVM_PROFILE_FILE=$(B)/$$n.profraw $$f tests/fuzz/corpus/$$n $$found | tail -n 1 | \
			sed "s/^/# $$n: /"; done
	@llvm-profdata merge -o $(B)/all.profdata $(B)/*.profraw
	@llvm-cov report $(firstword $(FUZZ)) $(FUZZ:%=-object %) -instr-profile=$(B)/all.profdata \
		$(wildcard $(REACH)) | awk 'NR == 1 { print "file lines missed reached" } $$8 > 0 { print $$1, $$8, $$9, $$10 }' | \
		column -t

# Measuring: never part of the tests.
BENCHES := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/*_bench.c))
$(BENCHES) $(BENCHES:%=%.o): PKG := $(PKG_all)
$(BENCHES): $(B)/%: $(B)/%.o $(B)/stages.a $(B)/common.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs $(PKG)) -lm

# The parser has no switch for it: its bench puts itself between the parser and the sanitiser.
$(B)/tests/bench/parser_bench: LDFLAGS += -Wl,--wrap=html_sanitise

# make bench [BENCH="fetch classifier parser hostile link e2e scale latency feeds"]
bench: all $(BENCHES) $(FEEDSERVER)
	@tests/bench/run $(B)/bin $(BENCH)

clean:
	rm -rf .build

.PHONY: all install bench clean fuzz fuzz-run fuzz-replay fuzz-reach fuzz-reach-run
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
