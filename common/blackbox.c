#include "common/blackbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { EMPTY = 0, HANDLING = 1, CRASHED = 2 };

static const char magic[8] = "fmbbox1";

/* As it lies in the file. */
struct page {
	char magic[8];
	uint32_t state;
	char from[BLACKBOX_FROM_MAX + 1];
	uint64_t stream, id;
};

struct blackbox {
	volatile struct page *page;
};

/* For the signal handler, which gets no argument. */
static volatile struct page *the_page;

/* SA_RESETHAND: the raised signal kills as it would have. */
static void
crashing(int signal)
{
	if (the_page && the_page->state == HANDLING)
		the_page->state = CRASHED;
	(void)raise(signal);
}

static void
catch_crashes(void)
{
	static const int fatal[] = {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGSYS};

	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		struct sigaction action = {.sa_handler = crashing,
					   .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
		struct sigaction old;

		/* A sanitiser's own handler tells more; it stays. */
		if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			(void)sigaction(fatal[i], &action, NULL);
	}
}

struct blackbox *
blackbox_open(const char *path, struct blackbox_entry *entry_out, bool *found_out, struct err *err)
{
	SCOPED(close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);
	struct blackbox *b;
	struct page *page;

	if (fd < 0 || ftruncate(fd, sizeof(*page)) < 0) {
		(void)err_sys(err, "black box '%s'", path);
		return NULL;
	}
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = calloc(1, sizeof(*b));
	if (page == MAP_FAILED || !b) {
		(void)err_sys(err, "black box '%s'", path);
		free(b);
		return NULL;
	}
	*found_out = memcmp(page->magic, magic, sizeof(magic)) == 0 && page->state != EMPTY;
	if (*found_out) {
		entry_out->crashed = page->state == CRASHED;
		entry_out->stream = page->stream;
		entry_out->id = page->id;
		(void)snprintf(entry_out->from, sizeof(entry_out->from), "%.*s", BLACKBOX_FROM_MAX,
			       page->from);
	}
	memset(page, 0, sizeof(*page));
	memcpy(page->magic, magic, sizeof(magic));
	b->page = page;
	the_page = page;
	catch_crashes();
	return b;
}

void
blackbox_close(struct blackbox *b)
{
	if (!b)
		return;
	the_page = NULL;
	b->page->state = EMPTY;
	(void)munmap((void *)(uintptr_t)b->page, sizeof(*b->page));
	free(b);
}

void
blackbox_enter(struct blackbox *b, const char *from, uint64_t stream, uint64_t id)
{
	size_t i = 0;

	for (; i < BLACKBOX_FROM_MAX && from[i]; i++)
		b->page->from[i] = from[i];
	b->page->from[i] = '\0';
	b->page->stream = stream;
	b->page->id = id;
	b->page->state = HANDLING; /* last: an entry is whole or not there */
}

void
blackbox_leave(struct blackbox *b)
{
	b->page->state = EMPTY;
}
