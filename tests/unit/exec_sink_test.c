#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/file.h"
#include "sink/exec_settings.h"
#include "sink/sinks.h"
#include "tests/unit/check.h"
#include "tests/unit/fakehost.h"

enum { ITEMS = 60, RUN_MS = 30000, SCRIPT_BYTES = 4096, OUT_BYTES_MAX = 4 * 1024 * 1024 };

/* What every program below begins with: fields of the line in $l, and a line in the file "out"
 * (in the sink's folder, where a program starts) for what it has done. */
#define PRELUDE                                                                                    \
	"each() { s=${l#*'\"seq\":'}; s=${s%%,*}; a=${l#*'\"attempt\":'}; a=${a%%,*};"             \
	" n=${l#*'\"title\":\"n'}; n=${n%%'\"'*}; }\n"                                             \
	"save() { echo \"$n $a\" >>out; }\n"
#define EACH "while IFS= read -r l; do each; "

/* What a program did with ITEMS items, from its file. */
struct outcome {
	int saved[ITEMS]; /* how often */
	int lost;         /* neither saved nor rejected */
	int doubled;      /* copies over the first */
	int rejected;
	int attempt_max;
};

static struct outcome
outcome_of(const struct fm_sink *host)
{
	struct outcome o = {.lost = 0};
	struct buf text = buf_init(OUT_BYTES_MAX);
	char path[128];
	int n, attempt, len;

	(void)snprintf(path, sizeof(path), "%s/out", host->dir);
	(void)file_read(path, &text, NULL);
	for (const char *at = buf_str(&text); sscanf(at, "%d %d\n%n", &n, &attempt, &len) == 2;
	     at += len) {
		if (n < 0 || n >= ITEMS)
			continue;
		o.saved[n]++;
		o.doubled += o.saved[n] > 1;
		if (attempt > o.attempt_max)
			o.attempt_max = attempt;
	}
	buf_done(&text);
	for (size_t i = 0; i < host->item_count; i++) {
		const bool rejected = host->items[i]->state == FAKE_REJECTED;

		o.rejected += rejected;
		o.lost += i < ITEMS && !rejected && o.saved[i] == 0;
	}
	return o;
}

static void
add_items(struct fm_sink *host, size_t count)
{
	static char titles[ITEMS][24], summaries[ITEMS][ITEMS * 50 + 1];

	for (size_t n = 0; n < count; n++) {
		struct fm_item *item = fake_item(n + 1, n, n + 1);

		/* Of growing size: together far more than a pipe holds. */
		(void)snprintf(titles[n], sizeof(titles[n]), "n%zu", n);
		memset(summaries[n], 'x', n * 50);
		item->item.title = titles[n];
		item->item.summary = n ? summaries[n] : NULL;
		(void)fake_add(host, fake_ready(item));
	}
}

/* A host with a shell program and short times. more: further options, ended by {NULL}. */
static struct fm_sink *
host_with(const char *script, const char *const (*more)[2])
{
	static char text[SCRIPT_BYTES];
	static const char *options[FAKE_OPTIONS_MAX][2];
	const char *const base[][2] = {
		{"command", "/bin/sh"}, {"command", "-c"},     {"command", text}, {"window", "16"},
		{"ack_timeout", "1"},   {"stop_timeout", "1"}, {"backoff", "1"}};
	size_t count = sizeof(base) / sizeof(base[0]);

	(void)snprintf(text, sizeof(text), "%s%s", PRELUDE, script);
	memcpy(options, base, sizeof(base));
	for (; more && (*more)[0]; more++)
		memcpy(options[count++], more, sizeof(*more));
	options[count][0] = NULL;
	return fake_new(&sink_exec, (const char *const(*)[2])options, NULL);
}

/* Every program in every way of behaving: what of the items must be so in the end. */
static void
loses_nothing_whatever_the_program_does(void)
{
	static const struct {
		const char *name, *script;
		int doubled_max, attempt_min, rejected;
	} cases[] = {
		{"good", EACH "save; echo ok; done", 0, 1, 0},
		{"answers in reverse",
		 "b=; k=0; flush() { for i in $b; do echo ok $i; done; b=; k=0; }\n" EACH
		 "save; b=\"$s $b\"; k=$((k+1)); [ $k = 8 ] && flush; done; flush",
		 0, 1, 0},
		{"batches of 10",
		 EACH "save; [ $((s%10)) = 0 ] && echo ok upto $s; done; "
		      "[ -n \"$s\" ] && echo ok upto $s; exit 0",
		 0, 1, 0},
		{"batches of 7, the rest at the end of input",
		 EACH "save; [ $((s%7)) = 0 ] && echo ok upto $s; done; "
		      "[ -n \"$s\" ] && echo ok upto $s; exit 0",
		 0, 1, 0},
		{"crashes at every 7th", EACH "[ $s = 7 ] && exit 1; save; echo ok; done", 0, 2, 0},
		{"crashes before the answer",
		 EACH "save; [ $a = 1 ] && [ $((n%5)) = 0 ] && kill -9 $$; echo ok; done", ITEMS, 2,
		 0},
		{"dies of one item", EACH "[ $n = 13 ] && exit 3; save; echo ok; done", 0, 2, 1},
		{"wants some again",
		 EACH "[ $((n%4)) = 0 ] && [ $a -lt 3 ] && "
		      "{ echo retry $s after=0 busy; continue; }; "
		      "save; echo ok $s; done",
		 0, 3, 0},
		{"wants no odd ones",
		 EACH "[ $((n%2)) = 1 ] && { echo reject odd number; "
		      "continue; }; save; echo ok; done",
		 0, 1, ITEMS / 2},
		{"hangs once", EACH "[ $n$a = 51 ] && sleep 3600; save; echo ok; done", 16, 2, 0},
		{"says other things too",
		 "echo starting up; echo; " EACH
		 "save; echo debug: got one; echo ok; echo ok 999999; done",
		 0, 1, 0},
		{"fails for now", EACH "[ $s = 10 ] && exit 75; save; echo ok; done", 0, 2, 0},
		{"ends early", EACH "save; echo ok; [ $s = 5 ] && exit 0; done", 0, 1, 0},
		{"floods its standard error",
		 "x=xxxxxxxxxxxxxxxx; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do x=$x$x; done\n" EACH
		 "echo \"$x\" >&2; save; echo ok; done",
		 0, 1, 0},
		{"starts slowly", "sleep 0.5; " EACH "save; echo ok; done", 0, 1, 0},
		{"answers in pieces", EACH "save; printf o; printf 'k\\n'; done", 0, 1, 0},
		{"leaves half an answer",
		 EACH "[ $s = 9 ] && { printf 'ok upto 2'; exit 1; }; save; echo ok; done", 0, 2,
		 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fm_sink *host = host_with(cases[i].script, NULL);
		const int64_t start_ms = clock_mono_ms();
		struct outcome o;

		add_items(host, ITEMS);
		CHECK(fake_open(host) == FM_OK);
		CHECK(fake_run(host, RUN_MS));
		CHECK(fake_drain(host, RUN_MS));
		o = outcome_of(host);
		(void)printf("# %s: %lld ms, lost %d, doubled %d, rejected %d, attempt %d\n",
			     cases[i].name, (long long)(clock_mono_ms() - start_ms), o.lost,
			     o.doubled, o.rejected, o.attempt_max);
		CHECK(o.lost == 0);
		CHECK(o.doubled <= cases[i].doubled_max);
		CHECK(o.rejected == cases[i].rejected);
		CHECK(o.attempt_max >= cases[i].attempt_min);
		fake_done(host);
	}
}

static void
quarantines_the_poison_and_no_other(void)
{
	struct fm_sink *host =
		host_with(EACH "[ $n = 13 ] && kill -SEGV $$; save; echo ok; done", NULL);

	add_items(host, ITEMS);
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, RUN_MS));
	CHECK(host->items[13]->state == FAKE_REJECTED);
	CHECK(strncmp(host->items[13]->reason, "poison: ", 8) == 0);
	CHECK(strstr(host->items[13]->reason, "signal 11") != NULL);
	CHECK(fake_count(host, FAKE_REJECTED) == 1);
	fake_done(host);
}

static void
passes_the_programs_own_reason_on(void)
{
	struct fm_sink *host = host_with(EACH "echo reject $s no such $n; done", NULL);

	add_items(host, 3);
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, RUN_MS));
	CHECK_STR(host->items[2]->reason, "no such 2");
	fake_done(host);
}

static void
gives_up_after_max_retries_where_that_is_set(void)
{
	static const char *const more[][2] = {{"max_retries", "2"}, {NULL, NULL}};
	struct fm_sink *host = host_with(EACH "save; echo retry after=0 busy; done", more);
	struct outcome o;

	add_items(host, 1);
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, RUN_MS));
	CHECK_STR(host->items[0]->reason, "retried 2 times: busy");
	o = outcome_of(host);
	CHECK(o.saved[0] == 3 && o.attempt_max == 3);
	fake_done(host);
}

static void
a_retry_holds_nobody_up(void)
{
	struct fm_sink *host = host_with(EACH "[ $n = 0 ] && { echo retry after=9999 later; "
					      "continue; }; save; echo ok; done",
					 NULL);
	const int64_t until_ms = clock_mono_ms() + RUN_MS;

	add_items(host, ITEMS);
	CHECK(fake_open(host) == FM_OK);
	while (fake_count(host, FAKE_DONE) < ITEMS - 1 && clock_mono_ms() < until_ms)
		fake_turn(host, 20);
	CHECK(fake_count(host, FAKE_DONE) == ITEMS - 1);
	CHECK(host->items[0]->state == FAKE_PENDING);
	/* At the end it goes back to the mill. */
	CHECK(fake_drain(host, RUN_MS));
	CHECK(host->items[0]->state == FAKE_WAITING);
	fake_done(host);
}

static void
ends_for_good_when_the_program_says_so(void)
{
	struct fm_sink *host = host_with("exit 78", NULL);

	add_items(host, ITEMS);
	CHECK(fake_open(host) == FM_OK);
	CHECK(!fake_run(host, RUN_MS));
	CHECK(host->verdict == FM_CONFIG);
	CHECK(fake_count(host, FAKE_DONE) + fake_count(host, FAKE_REJECTED) == 0);
	fake_done(host);
}

static void
a_program_that_never_answers_is_hung_even_if_it_ends_well(void)
{
	static const char *const more[][2] = {{"max_crashes", "2"}, {NULL, NULL}};
	struct fm_sink *host = host_with(EACH "save; done; exit 0", more);

	add_items(host, 1);
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, RUN_MS));
	CHECK(host->items[0]->state == FAKE_REJECTED);
	CHECK(strstr(host->items[0]->reason, "no answer within ack_timeout") != NULL);
	CHECK(outcome_of(host).saved[0] == 2);
	fake_done(host);
}

static void
ends_a_program_that_does_not_read_or_does_not_end(void)
{
	static const char *const scripts[] = {
		"[ -e once ] && { " EACH "save; echo ok; done; exit 0; }; : >once; sleep 3600",
		"[ -e once ] && { " EACH
		"save; echo ok; done; exit 0; }; : >once; exec >&-; sleep 3600",
		"[ -e once ] && { " EACH
		"save; echo ok; done; exit 0; }; : >once; while :; do echo nonsense; done",
		"[ -e once ] && { " EACH
		"save; echo ok; done; exit 0; }; : >once; while :; do printf xxxxxxxxxxxxxxx; done",
	};

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct fm_sink *host = host_with(scripts[i], NULL);
		struct outcome o;

		add_items(host, ITEMS);
		CHECK(fake_open(host) == FM_OK);
		CHECK(fake_run(host, RUN_MS));
		o = outcome_of(host);
		CHECK(o.lost == 0 && o.doubled == 0 && o.rejected == 0);
		fake_done(host);
	}
}

static void
a_hint_ends_a_batch_that_is_larger_than_the_window(void)
{
	static const char *const more[][2] = {
		{"flush_hint", "yes"}, {"ack_timeout", "1h"}, {NULL, NULL}};
	struct fm_sink *host = host_with("while IFS= read -r l; do "
					 "[ -z \"$l\" ] && { echo ok upto $s; continue; }; each; "
					 "save; done",
					 more);
	struct outcome o;

	add_items(host, ITEMS);
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, RUN_MS));
	o = outcome_of(host);
	CHECK(o.lost == 0 && o.doubled == 0);
	fake_done(host);
}

static void
refuses_an_item_that_is_larger_than_a_line_may_be(void)
{
	static const char *const more[][2] = {{"max_line", "4K"}, {NULL, NULL}};
	static char summary[5000];
	struct fm_sink *host = host_with(EACH "save; echo ok; done", more);
	struct fm_item *large = fake_item(999, 1, 1);

	memset(summary, 'y', sizeof(summary) - 1);
	large->item.summary = summary;
	add_items(host, 2);
	(void)fake_add(host, fake_ready(large));
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, RUN_MS));
	CHECK(large->state == FAKE_REJECTED);
	CHECK_STR(large->reason, "too large: the line has over 4096 bytes");
	CHECK(fake_count(host, FAKE_DONE) == 2);
	fake_done(host);
}

static void
gives_the_program_a_clean_process(void)
{
	static const char *const more[][2] = {{"environment", "COLOUR=grey = gray"},
					      {"environment", "FEEDMILL_SINK=other"},
					      {NULL, NULL}};
	struct fm_sink *host = host_with(
		"echo \"$FEEDMILL_PROTO $FEEDMILL_SINK $COLOUR\" >env; pwd >>env; "
		"echo $FEEDMILL_STATE_DIR >>env; "
		"for i in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$i ] && echo fd $i >>env; "
		"done; "
		"while read -r k v; do case $k in SigBlk:|SigIgn:) "
		/* Two numbers are libc's own. */
		"echo $k $((0x$v & 0x7fffffff)) >>env;; esac; done </proc/$$/status; " EACH
		"echo ok; done",
		more);
	struct buf got = buf_init(4096), wanted = buf_init(4096);
	char path[128];

	add_items(host, 1);
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, RUN_MS));
	(void)snprintf(path, sizeof(path), "%s/env", host->dir);
	CHECK(file_read(path, &got, NULL) == 0);
	(void)buf_addf(&wanted, NULL,
		       "1 other grey = "
		       "gray\n%s\n%s\nSigBlk: 0\nSigIgn: 0\n",
		       host->dir, host->dir);
	CHECK_STR(buf_str(&got), buf_str(&wanted));
	buf_done(&got);
	buf_done(&wanted);
	fake_done(host);
}

static void
one_key_always_meets_one_worker(void)
{
	static const char *const more[][2] = {{"workers", "4"}, {NULL, NULL}};
	struct fm_sink *host = host_with(EACH "echo $n $$ >>who; save; echo ok; done", more);
	struct buf text = buf_init(OUT_BYTES_MAX);
	int worker_of[ITEMS] = {0}, n, pid, len, distinct = 0;
	struct outcome o;
	char path[128];

	add_items(host, ITEMS);
	/* And a later revision of each. */
	for (size_t i = 0; i < ITEMS; i++) {
		struct fm_item *item = fake_item(i + 1, 1000 + i, 1000 + i);

		item->item.title = host->items[i]->item.title;
		(void)fake_add(host, fake_ready(item));
	}
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, RUN_MS));
	o = outcome_of(host);
	CHECK(o.doubled == ITEMS);
	(void)snprintf(path, sizeof(path), "%s/who", host->dir);
	CHECK(file_read(path, &text, NULL) == 0);
	for (const char *at = buf_str(&text); sscanf(at, "%d %d\n%n", &n, &pid, &len) == 2;
	     at += len) {
		CHECK(worker_of[n] == 0 || worker_of[n] == pid);
		worker_of[n] = pid;
		distinct += n > 0 && worker_of[0] != pid;
	}
	CHECK(distinct > 0);
	buf_done(&text);
	fake_done(host);
}

static void
an_item_that_is_in_hand_already_is_not_given_twice(void)
{
	static const char *const more[][2] = {{"ack_timeout", "1h"}, {NULL, NULL}};
	/* Answers when there are three, or would never. */
	struct fm_sink *host = host_with(EACH "save; [ $s = 3 ] && echo ok upto 3; done", more);
	struct outcome o;

	add_items(host, 3);
	for (int i = 0; i < 3; i++) /* its sender was restarted, again and again */
		(void)fake_add(host, fake_ready(fake_item(1, 0, 1)));
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, RUN_MS));
	o = outcome_of(host);
	CHECK(o.saved[0] == 1 && o.saved[1] == 1 && o.saved[2] == 1);
	fake_done(host);
}

static void
when_it_stops_a_batch_is_answered_first(void)
{
	static const char *const more[][2] = {{"ack_timeout", "1h"}, {NULL, NULL}};
	struct fm_sink *host =
		host_with(EACH "save; done; [ -n \"$s\" ] && echo ok upto $s; exit 0", more);
	const int64_t until_ms = clock_mono_ms() + RUN_MS;

	/* More than the window: what the program has not seen goes back. */
	add_items(host, 20);
	CHECK(fake_open(host) == FM_OK);
	while (outcome_of(host).saved[15] == 0 && clock_mono_ms() < until_ms)
		fake_turn(host, 20);
	CHECK(fake_count(host, FAKE_DONE) == 0);
	CHECK(fake_drain(host, RUN_MS));
	CHECK(fake_count(host, FAKE_DONE) == 16);
	CHECK(fake_count(host, FAKE_WAITING) == 4);
	fake_done(host);
}

static void
when_it_stops_a_hung_program_keeps_nothing(void)
{
	struct fm_sink *host = host_with("sleep 3600", NULL);

	add_items(host, 3);
	CHECK(fake_open(host) == FM_OK);
	fake_turn(host, 20);
	CHECK(fake_count(host, FAKE_PENDING) == 3);
	CHECK(fake_drain(host, RUN_MS));
	CHECK(fake_count(host, FAKE_WAITING) == 3);
	fake_done(host);
}

static pid_t
pid_in_file(const char *path)
{
	struct buf text = buf_init(64);
	int pid = 0;

	if (file_read(path, &text, NULL) < 0 || sscanf(buf_str(&text), "%d\n", &pid) != 1)
		pid = 0;
	buf_done(&text);
	return pid;
}

static void
a_killed_sink_leaves_no_program_behind(void)
{
	static const char *const more[][2] = {{"ack_timeout", "1h"}, {NULL, NULL}};
	struct fm_sink *host = host_with("echo $$ >pid; exec sleep 3600", more);
	char path[128];
	int status, turns = 0;
	pid_t sink, program;

	(void)snprintf(path, sizeof(path), "%s/pid", host->dir);
	/* The program becomes a child of this process, which can so wait for its end. */
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	sink = fork();
	if (sink == 0) {
		add_items(host, 1);
		if (fake_open(host) != FM_OK)
			_exit(1);
		while (turns++ < 10000) {
			fake_turn(host, 20);
			if (pid_in_file(path) > 0)
				raise(SIGKILL);
		}
		_exit(1);
	}
	CHECK(waitpid(sink, &status, 0) == sink && WIFSIGNALED(status));
	program = pid_in_file(path);
	CHECK(program > 0);
	CHECK(program > 0 && waitpid(program, &status, 0) == program && WIFSIGNALED(status) &&
	      WTERMSIG(status) == SIGTERM);
	fake_done(host);
}

static void
its_standard_error_is_the_log_but_cannot_drown_it(void)
{
	struct fm_sink *host = host_with("i=0; while [ $i -lt 5000 ]; do i=$((i+1)); echo line $i; "
					 "done >&2; printf 'no end' >&2; " EACH "echo ok; exit 0; "
					 "done",
					 NULL);
	const int64_t start_ms = clock_mono_ms(), until_ms = start_ms + RUN_MS;
	size_t lines = 0, seconds;

	add_items(host, 1);
	CHECK(fake_open(host) == FM_OK);
	CHECK(fake_run(host, RUN_MS));
	while (!strstr(buf_str(&host->log), "program_ended") && clock_mono_ms() < until_ms)
		fake_turn(host, 20);
	seconds = (size_t)(clock_mono_ms() - start_ms) / 1000 + 2;
	for (const char *at = buf_str(&host->log); (at = strstr(at, "program line ")); at++)
		lines++;
	CHECK(strstr(buf_str(&host->log), "program line 1\n") != NULL);
	CHECK(lines >= 100 && lines <= 100 * seconds);
	CHECK(strstr(buf_str(&host->log), "lines left out") != NULL);
	fake_done(host);
}

static void
a_wrong_command_is_heard_of_at_once(void)
{
	static const struct {
		const char *options[3][2];
		const char *reason;
	} cases[] = {
		{{{NULL}}, "command is missing: a program and its arguments, one a line"},
		{{{"command", "/nonexistent/x"}},
		 "command: start '/nonexistent/x': No such file or directory"},
		{{{"command", "/etc/passwd"}}, "command: start '/etc/passwd': Permission denied"},
		{{{"command", "/bin/sh -c true"}},
		 "command '/bin/sh -c true': one argument a line (indented), there is no shell"},
		{{{"command", "/bin/cat"}, {"environment", "=x"}},
		 "environment '=x': allowed is NAME=VALUE"},
		{{{"command", "/bin/cat"}, {"window", "0"}}, "window '0': allowed is 1 to 4096"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fm_sink *host = fake_new(&sink_exec, cases[i].options, NULL);

		CHECK(fake_open(host) == FM_CONFIG);
		CHECK_STR(host->reason, cases[i].reason);
		fake_done(host);
	}
}

int
main(void)
{
	RUN(loses_nothing_whatever_the_program_does);
	RUN(quarantines_the_poison_and_no_other);
	RUN(passes_the_programs_own_reason_on);
	RUN(gives_up_after_max_retries_where_that_is_set);
	RUN(a_retry_holds_nobody_up);
	RUN(ends_for_good_when_the_program_says_so);
	RUN(a_program_that_never_answers_is_hung_even_if_it_ends_well);
	RUN(ends_a_program_that_does_not_read_or_does_not_end);
	RUN(a_hint_ends_a_batch_that_is_larger_than_the_window);
	RUN(refuses_an_item_that_is_larger_than_a_line_may_be);
	RUN(gives_the_program_a_clean_process);
	RUN(one_key_always_meets_one_worker);
	RUN(an_item_that_is_in_hand_already_is_not_given_twice);
	RUN(when_it_stops_a_batch_is_answered_first);
	RUN(when_it_stops_a_hung_program_keeps_nothing);
	RUN(a_killed_sink_leaves_no_program_behind);
	RUN(its_standard_error_is_the_log_but_cannot_drown_it);
	RUN(a_wrong_command_is_heard_of_at_once);
	return check_done();
}
