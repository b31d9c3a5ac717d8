/* feedmill run: every stage as a child, restarted when it dies, stopped from the source down. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "deploy/feedmill/command.h"

enum {
	CHILDREN_MAX = 256,
	PARSERS_MAX = 64,
	RESTART_MIN_MS = 200,
	RESTART_MAX_MS = 10000,
	STEADY_MS = 10000, /* up for so long: the next death is a new story */
	EXIT_CONFIG = 100,
};

struct child {
	char name[96]; /* "sink@site" */
	char program[COMMAND_PATH_MAX];
	char instance[OPTIONS_INSTANCE_MAX + 1];
	int rank;  /* 0 the source, 3 the sinks: the order of stopping */
	pid_t pid; /* 0: not running */
	int64_t started_ms, restart_ms, backoff_ms;
};

struct mill {
	const char *config_path;
	struct child children[CHILDREN_MAX];
	size_t count;
	bool stopping;
	int stop_rank;
	int64_t kill_ms; /* when patience with the present rank ends */
	int64_t drain_ms;
	int status;
};

static void
add(struct mill *mill, const char *program, const char *stage, const char *instance, int rank)
{
	struct child *child;

	if (mill->count == CHILDREN_MAX)
		return;
	child = &mill->children[mill->count++];
	*child = (struct child){.rank = rank, .backoff_ms = RESTART_MIN_MS};
	(void)snprintf(child->name, sizeof(child->name), "%s@%s", stage, instance);
	(void)snprintf(child->instance, sizeof(child->instance), "%s", instance);
	command_program(program, child->program);
}

static void
start(struct mill *mill, struct child *child)
{
	const pid_t parent = getpid();
	sigset_t none;

	child->started_ms = clock_mono_ms();
	child->pid = fork();
	if (child->pid < 0) {
		log_event(LOG_ERR, "fork_failed", LOG_TEXT("stage", child->name),
			  LOG_TEXT("reason", strerror(errno)));
		child->pid = 0;
		child->restart_ms = child->started_ms + child->backoff_ms;
		return;
	}
	if (child->pid > 0)
		return;
	/* Its own group: a ^C reaches the mill alone, which stops its stages in order. It ends
	 * with the mill, however that ends. */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execlp(child->program, child->program, "-c", mill->config_path, "-i", child->instance,
		     (char *)NULL);
	log_event(LOG_ERR, "exec_failed", LOG_TEXT("program", child->program),
		  LOG_TEXT("reason", strerror(errno)));
	_exit(EXIT_CONFIG);
}

/* From the source down: what is in hand upstream still finds its way. */
static void
stop_rank(struct mill *mill, int rank)
{
	mill->stop_rank = rank;
	mill->kill_ms = clock_mono_ms() + mill->drain_ms + 5000;
	for (size_t i = 0; i < mill->count; i++)
		if (mill->children[i].rank == rank && mill->children[i].pid > 0)
			(void)kill(mill->children[i].pid, SIGTERM);
}

static void
stop(struct mill *mill)
{
	if (mill->stopping)
		return;
	mill->stopping = true;
	stop_rank(mill, 0);
}

static void
buried(struct mill *mill, struct child *child, int status)
{
	const int64_t now_ms = clock_mono_ms();
	const bool config = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CONFIG;

	child->pid = 0;
	if (mill->stopping)
		return;
	if (config) {
		log_event(LOG_ERR, "stage_refused", LOG_TEXT("stage", child->name),
			  LOG_TEXT("reason", "its configuration is wrong, see the line above; "
					     "the mill stops"));
		mill->status = COMMAND_BAD;
		stop(mill);
		return;
	}
	if (now_ms - child->started_ms > STEADY_MS)
		child->backoff_ms = RESTART_MIN_MS;
	child->restart_ms = now_ms + child->backoff_ms;
	log_event(LOG_WARNING, "stage_died", LOG_TEXT("stage", child->name),
		  LOG_TEXT("how", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit"),
		  LOG_NUM("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0),
		  LOG_NUM("restart_ms", child->backoff_ms));
	child->backoff_ms *= 2;
	if (child->backoff_ms > RESTART_MAX_MS)
		child->backoff_ms = RESTART_MAX_MS;
}

static void
bury_all(struct mill *mill)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < mill->count; i++)
			if (mill->children[i].pid == pid)
				buried(mill, &mill->children[i], status);
}

static void
signal_all(const struct mill *mill, int signal)
{
	for (size_t i = 0; i < mill->count; i++)
		if (mill->children[i].pid > 0)
			(void)kill(mill->children[i].pid, signal);
}

/* Starts what is due, stops the next rank when the last is gone. False: all is over. */
static bool
tend(struct mill *mill)
{
	const int64_t now_ms = clock_mono_ms();
	bool rank_lives = false, lives = false;

	for (size_t i = 0; i < mill->count; i++) {
		struct child *child = &mill->children[i];

		if (!mill->stopping && child->pid == 0 && now_ms >= child->restart_ms)
			start(mill, child);
		lives |= child->pid > 0;
		rank_lives |= child->pid > 0 && child->rank == mill->stop_rank;
		if (mill->stopping && child->pid > 0 && child->rank == mill->stop_rank &&
		    now_ms >= mill->kill_ms)
			(void)kill(child->pid, SIGKILL);
	}
	if (mill->stopping && !rank_lives && lives)
		stop_rank(mill, mill->stop_rank + 1);
	return !mill->stopping || lives;
}

static int
watch(struct mill *mill)
{
	sigset_t set;
	struct pollfd fd = {.events = POLLIN};
	struct signalfd_siginfo info;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd.fd < 0)
		return command_bad("signals: %s", strerror(errno));
	while (tend(mill)) {
		(void)poll(&fd, 1, 100);
		while (read(fd.fd, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo == SIGHUP)
				signal_all(mill, SIGHUP);
			else if (info.ssi_signo != SIGCHLD)
				stop(mill);
		}
		bury_all(mill);
	}
	(void)close(fd.fd);
	return mill->status;
}

static void
add_sinks(struct mill *mill, const struct config *config)
{
	for (size_t i = 0; i < config_section_count(config); i++) {
		const struct config_section *section = config_section_at(config, i);
		const struct config_list program = config_values(config, section, "program");

		if (strcmp(section->kind, "sink") == 0)
			add(mill,
			    program.count ? program.values[program.count - 1].text
					  : "feedmill-sink",
			    "sink", section->name, 3);
	}
}

int
command_run(int argc, char **argv)
{
	const char *path = command_config_path(&argc, argv);
	const char *parsers = command_option(&argc, argv, "--parsers", "1");
	const long count = strtol(parsers, NULL, 10);
	struct options_common common;
	struct err err = {.kind = ERR_NONE};
	SCOPED(config_free) struct config *config = options_load(path, &common, &err);
	SCOPED(free) struct mill *mill = calloc(1, sizeof(*mill));

	if (argc > 1)
		return command_usage("run: '%s' is not expected", argv[1]);
	if (count < 1 || count > PARSERS_MAX)
		return command_usage("--parsers %s: 1 to %d", parsers, PARSERS_MAX);
	if (!config || !mill)
		return command_bad("%s", config ? "no memory" : err.text);
	mill->config_path = path;
	mill->drain_ms = common.drain_s * 1000;
	/* The receivers first: senders find them at once. */
	add_sinks(mill, config);
	add(mill, "feedmill-classifier", "classifier", "main", 2);
	for (long n = 1; n <= count; n++) {
		char instance[24];

		(void)snprintf(instance, sizeof(instance), "%ld", n);
		add(mill, "feedmill-parser", "parser", instance, 1);
	}
	add(mill, "feedmill-fetcher", "fetcher", "main", 0);
	return watch(mill);
}
