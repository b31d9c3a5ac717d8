/* replay - the main of a fuzz target without a fuzzer: runs it on every file, and every file of
 * a folder, given as arguments. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "common/buf.h"
#include "common/file.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_BYTES_MAX = 64 * 1024 * 1024 };

static int passed, failed;

static void
replay_file(const char *path)
{
	SCOPED(buf_done) struct buf content = buf_init(INPUT_BYTES_MAX);
	SCOPED(free) uint8_t *exact = NULL; /* so that a sanitizer sees a read past the end */
	struct err err = {.kind = ERR_NONE};

	if (file_read(path, &content, &err) < 0) {
		(void)printf("not ok - %s\n", err.text);
		failed++;
		return;
	}
	exact = malloc(content.len > 0 ? content.len : 1);
	if (!exact)
		abort();
	memcpy(exact, buf_str(&content), content.len);
	/* Said before, so that the last line tells which input it was that crashed. */
	(void)printf("# %s\n", path);
	(void)fflush(stdout);
	(void)LLVMFuzzerTestOneInput(exact, content.len);
	passed++;
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
replay_folder(const char *folder)
{
	struct dirent **entries;
	const int count = scandir(folder, &entries, is_visible, alphasort);

	for (int i = 0; i < count; i++) {
		SCOPED(buf_done) struct buf path = buf_init(PATH_MAX);

		(void)buf_addf(&path, NULL, "%s/%s", folder, entries[i]->d_name);
		replay_file(buf_str(&path));
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	/* No input at all is a folder that was misspelt. */
	failed += passed + failed == 0;
	(void)printf("%d passed, %d failed\n", passed, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
