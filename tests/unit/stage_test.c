#include "common/stage.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/sender.h"

/* A stage of the test's own in a process of its own; what it did is in shared memory. */
static struct seen {
	_Atomic int handled, kept, commits, disk_full, rollbacks, drained, reloads;
	int64_t number; /* the key of the configuration */
} * seen;

struct conf {
	int64_t number;
};

static const struct config_key keys[] = {
	{"number", CONFIG_INT, offsetof(struct conf, number), "7", 1, 100, NULL},
};

static int self_of_stage;

static int
open_stage(struct stage *stage, const void *conf, void **self_out, struct err *err)
{
	(void)stage;
	(void)err;
	seen->number = ((const struct conf *)conf)->number;
	*self_out = &self_of_stage;
	return 0;
}

static void
close_stage(void *self)
{
	(void)self;
}

static int
handle(void *self, const struct delivery *delivery, struct err *err)
{
	(void)self;
	seen->handled++;
	if (delivery->body.len == 6 && memcmp(delivery->body.data, "body 2", 6) == 0)
		return err_set(err, ERR_REJECT, "never body 2");
	if (delivery->body.len == 6 && memcmp(delivery->body.data, "body 9", 6) == 0)
		return err_set(err, ERR_FATAL, "no going on after body 9");
	return 0;
}

static int
commit(void *self, struct err *err)
{
	(void)self;
	if (seen->disk_full && seen->handled > 0)
		return err_set(err, ERR_RETRY, "the disk is full");
	seen->commits++;
	return 0;
}

static void
rollback(void *self)
{
	(void)self;
	seen->rollbacks++;
}

static void
drain(void *self)
{
	(void)self;
	seen->drained++;
}

static int
reload(void *self, const struct config *config, const void *conf, struct err *err)
{
	(void)self;
	(void)config;
	(void)err;
	seen->number = ((const struct conf *)conf)->number;
	seen->reloads++;
	return 0;
}

static int
keep(void *self, const struct delivery *delivery, const char *reason, struct err *err)
{
	(void)self;
	(void)delivery;
	(void)err;
	CHECK_STR(reason, "never body 2");
	seen->kept++;
	return 0;
}

static struct stage_ops ops = {
	.name = "parser",
	.default_instance = "1",
	.keys = keys,
	.key_count = sizeof(keys) / sizeof(keys[0]),
	.conf_bytes = sizeof(struct conf),
	.window_messages = 16,
	.window_bytes = 65536,
	.message_bytes_max = JOINED_MESSAGE_BYTES_MAX,
	.open = open_stage,
	.close = close_stage,
	.handle = handle,
	.commit = commit,
	.rollback = rollback,
	.drain = drain,
	.reload = reload,
};

static pid_t pid;
static char log_path[600];

static void
configure(const char *more)
{
	const char *path = folder_file(&joined.folder, "feedmill.conf");
	FILE *f = fopen(path, "w");

	CHECK(f);
	if (!f)
		return;
	(void)fprintf(f, "[feedmill]\nruntime_dir = %s\nstate_dir = %s\n%s", joined.folder.path,
		      joined.folder.path, more);
	CHECK(fclose(f) == 0);
}

/* Starts the stage; its log goes into a file. */
static void
start(char *option)
{
	char conf[700];
	char *argv[] = {(char[]){"feedmill-parser"}, (char[]){"-c"}, conf, option, NULL};
	int log, status;

	(void)snprintf(conf, sizeof(conf), "%s", folder_file(&joined.folder, "feedmill.conf"));
	(void)snprintf(log_path, sizeof(log_path), "%s", folder_file(&joined.folder, "log"));
	pid = fork();
	if (pid != 0)
		return;
	log = open(log_path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0 || dup2(log, STDERR_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0)
		_exit(1);
	status = stage_main(option ? 4 : 3, argv, &ops);
	(void)fflush(stdout);
	_exit(status);
}

static int
status_of_end(void)
{
	int status = 0;

	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool
log_has(const char *text)
{
	static char all[65536];
	FILE *f = fopen(log_path, "r");
	size_t len = f ? fread(all, 1, sizeof(all) - 1, f) : 0;

	if (f)
		(void)fclose(f);
	all[len] = '\0';
	return strstr(all, text);
}

static void
begin(void)
{
	sender_begin();
	configure("");
	(void)memset(seen, 0, sizeof(*seen));
}

static void
acks_only_what_is_committed(void)
{
	begin();
	seen->disk_full = 1;
	start(NULL);
	sender_offer(3, 5);
	JOINED_UNTIL(sender_turn(), seen->handled >= 3 && seen->rollbacks >= 1);
	JOINED_UNTIL(sender_turn(), log_has("paused"));
	CHECK(sender_sum(sender.acked) == 0);
	seen->disk_full = 0;
	JOINED_UNTIL(sender_turn(), sender_sum(sender.acked) == 3);
	CHECK(seen->handled > 3);
	CHECK(log_has("the disk is full") && log_has("resumed"));
	CHECK(kill(pid, SIGTERM) == 0 && status_of_end() == 0 && seen->drained == 1);
	sender_end();
}

static void
what_can_never_work_is_kept_by_who_is_durable(void)
{
	begin();
	start(NULL);
	sender_offer(1, 3);
	JOINED_UNTIL(sender_turn(), sender_sum(sender.acked) == 2 && sender.rejected[2] == 1);
	CHECK_STR(sender.reason, "never body 2");
	CHECK(kill(pid, SIGTERM) == 0 && status_of_end() == 0);
	sender_end();

	begin();
	ops.keep = keep;
	start(NULL);
	sender_offer(1, 3);
	JOINED_UNTIL(sender_turn(), sender_sum(sender.acked) == 3);
	CHECK(seen->kept == 1 && sender_sum(sender.rejected) == 0);
	CHECK(kill(pid, SIGTERM) == 0 && status_of_end() == 0);
	ops.keep = NULL;
	sender_end();
}

static void
ends_with_111_when_only_a_restart_may_help(void)
{
	begin();
	start(NULL);
	sender_offer(9, 9);
	JOINED_UNTIL(sender_turn(), seen->handled == 1);
	CHECK(status_of_end() == 111 && log_has("no going on after body 9"));
	CHECK(sender_sum(sender.acked) == 0);
	sender_end();
}

static void
refuses_a_wrong_configuration_with_file_line_and_100(void)
{
	begin();
	configure("[parser]\nnumber = 101\n");
	start(NULL);
	CHECK(status_of_end() == 100 && log_has("feedmill.conf:5") && log_has("100"));
	configure("[parser]\ncolour = red\n");
	start((char[]){"-n"});
	CHECK(status_of_end() == 100 && log_has("colour"));
	configure("[parser]\nnumber = 100\n");
	start((char[]){"-n"});
	CHECK(status_of_end() == 0 && seen->number == 0);
	start((char[]){"-V"});
	CHECK(status_of_end() == 0 && log_has(VERSION));
	start((char[]){"-z"});
	CHECK(status_of_end() == 100 && log_has("usage"));
	sender_end();
}

static void
takes_up_a_good_configuration_on_sighup_and_no_bad_one(void)
{
	begin();
	start(NULL);
	sender_offer(1, 1);
	JOINED_UNTIL(sender_turn(), sender_sum(sender.acked) == 1);
	CHECK(seen->number == 7);
	configure("[parser]\nnumber = 8\n");
	CHECK(kill(pid, SIGHUP) == 0);
	JOINED_UNTIL(sender_turn(), seen->reloads == 1);
	CHECK(seen->number == 8);
	configure("[parser]\nnumber = none\n");
	CHECK(kill(pid, SIGHUP) == 0);
	JOINED_UNTIL(sender_turn(), log_has("none"));
	CHECK(seen->number == 8 && seen->reloads == 1);
	sender_offer(3, 3);
	JOINED_UNTIL(sender_turn(), sender_sum(sender.acked) == 2);
	CHECK(kill(pid, SIGTERM) == 0 && status_of_end() == 0);
	sender_end();
}

int
main(void)
{
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		return EXIT_FAILURE;
	RUN(acks_only_what_is_committed);
	RUN(what_can_never_work_is_kept_by_who_is_durable);
	RUN(ends_with_111_when_only_a_restart_may_help);
	RUN(refuses_a_wrong_configuration_with_file_line_and_100);
	RUN(takes_up_a_good_configuration_on_sighup_and_no_bad_one);
	return check_done();
}
