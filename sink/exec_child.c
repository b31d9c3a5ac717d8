#include "sink/exec_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/scope.h"

enum { REPORT_FD = 3, CANNOT_RUN = 127 };

struct exec_child
exec_child_init(int epoll_fd, void *owner, size_t pending_bytes_max)
{
	return (struct exec_child){
		.end_fd = -1,
		.in_fd = -1,
		.out_fd = -1,
		.err_fd = -1,
		.epoll_fd = epoll_fd,
		.owner = owner,
		.pending = buf_init(pending_bytes_max),
	};
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void
exec_child_done(struct exec_child *child)
{
	exec_child_stop(child, 0);
	buf_done(&child->pending);
}

/* Both ends of the three pipes and of the one that reports why the program could not start. */
struct pipes {
	int in[2], out[2], err[2], report[2];
};

static void
pipes_done(struct pipes *pipes)
{
	for (int end = 0; end < 2; end++) {
		close_fd(&pipes->in[end]);
		close_fd(&pipes->out[end]);
		close_fd(&pipes->err[end]);
		close_fd(&pipes->report[end]);
	}
}
SCOPED_DEFINE_HELD(struct pipes, pipes_done)

static int
pipes_open(struct pipes *pipes, struct err *err)
{
	if (pipe2(pipes->in, O_CLOEXEC) < 0 || pipe2(pipes->out, O_CLOEXEC) < 0 ||
	    pipe2(pipes->err, O_CLOEXEC) < 0 || pipe2(pipes->report, O_CLOEXEC) < 0)
		return err_sys(err, "pipes");
	if (fcntl(pipes->in[1], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(pipes->out[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(pipes->err[0], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, "pipes that do not block");
	return 0;
}

/* Between fork and exec: only what may be called there although the process has threads. */
static _Noreturn void
become(const struct exec_settings *settings, const struct pipes *pipes, pid_t parent)
{
	sigset_t none;
	int cause;

	(void)sigemptyset(&none);
	(void)setsid();
	/* Else a program would go on beside its successor when this process is killed: one key
	 * would meet two workers. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(CANNOT_RUN);
	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	if (dup2(pipes->in[0], STDIN_FILENO) >= 0 && dup2(pipes->out[1], STDOUT_FILENO) >= 0 &&
	    dup2(pipes->err[1], STDERR_FILENO) >= 0 &&
	    (pipes->report[1] == REPORT_FD || dup3(pipes->report[1], REPORT_FD, O_CLOEXEC) >= 0) &&
	    close_range(REPORT_FD + 1, ~0U, 0) == 0 && chdir(settings->dir) == 0 &&
	    pthread_sigmask(SIG_SETMASK, &none, NULL) == 0)
		(void)execvpe(settings->argv[0], settings->argv, settings->env);
	cause = errno;
	(void)!write(REPORT_FD, &cause, sizeof(cause));
	_exit(CANNOT_RUN);
}

/* The descriptors 0 to 2 of this process must be taken, or a pipe would get one of them. */
static int
standard_fds_taken(struct err *err)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return err_sys(err, "open '/dev/null'");
	}
	return 0;
}

static int
watch_fd(struct exec_child *child, int fd, uint32_t events, struct err *err)
{
	struct epoll_event event = {.events = events, .data.ptr = child->owner};

	if (epoll_ctl(child->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return err_sys(err, "epoll");
	return 0;
}

int
exec_child_start(struct exec_child *child, const struct exec_settings *settings, struct err *err)
{
	SCOPED(pipes_done)
	struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	const pid_t parent = getpid();
	pid_t pid;
	int cause;
	ssize_t got;

	if (standard_fds_taken(err) < 0 || pipes_open(&pipes, err) < 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return err_sys(err, "fork");
	if (pid == 0)
		become(settings, &pipes, parent);
	close_fd(&pipes.report[1]);
	do
		got = read(pipes.report[0], &cause, sizeof(cause));
	while (got < 0 && errno == EINTR);
	if (got != 0) {
		(void)waitpid(pid, NULL, 0);
		errno = got == (ssize_t)sizeof(cause) ? cause : EIO;
		(void)err_sys(err, "start '%s'", settings->argv[0]);
		if (err &&
		    (errno == ENOENT || errno == EACCES || errno == ENOEXEC || errno == ENOTDIR))
			err->kind = ERR_USAGE;
		return -1;
	}
	child->pid = pid;
	child->in_fd = pipes.in[1];
	child->out_fd = pipes.out[0];
	child->err_fd = pipes.err[0];
	pipes.in[1] = pipes.out[0] = pipes.err[0] = -1;
	child->end_fd = pidfd_open(pid, 0);
	buf_reset(&child->pending);
	child->sent = 0;
	child->queued = child->written = 0;
	child->in_watched = child->in_closing = false;
	if (child->end_fd < 0)
		(void)err_sys(err, "pidfd_open");
	if (child->end_fd < 0 || watch_fd(child, child->out_fd, EPOLLIN, err) < 0 ||
	    watch_fd(child, child->err_fd, EPOLLIN, err) < 0 ||
	    watch_fd(child, child->end_fd, EPOLLIN, err) < 0) {
		exec_child_stop(child, 0);
		return -1;
	}
	return 0;
}

struct buf *
exec_child_input(struct exec_child *child)
{
	return &child->pending;
}

void
exec_child_queued(struct exec_child *child)
{
	child->queued = child->written + exec_child_pending(child);
}

size_t
exec_child_pending(const struct exec_child *child)
{
	return child->pending.len - child->sent;
}

static void
close_input_now(struct exec_child *child)
{
	close_fd(&child->in_fd); /* leaves epoll too: no other descriptor names this pipe end */
	child->in_watched = false;
	buf_reset(&child->pending);
	child->sent = 0;
}

/* epoll tells of room in the pipe only while something waits for it: it would tell of a closed
 * reader for ever. */
static void
watch_room(struct exec_child *child, bool wanted)
{
	if (child->in_watched == wanted)
		return;
	if (wanted)
		child->in_watched = watch_fd(child, child->in_fd, EPOLLOUT, NULL) == 0;
	else if (epoll_ctl(child->epoll_fd, EPOLL_CTL_DEL, child->in_fd, NULL) == 0)
		child->in_watched = false;
}

size_t
exec_child_flush(struct exec_child *child)
{
	size_t now = 0;

	if (child->in_fd < 0)
		return 0;
	while (exec_child_pending(child) > 0) {
		const ssize_t put = write(child->in_fd, child->pending.data + child->sent,
					  exec_child_pending(child));

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			break;
		if (put < 0) {
			close_input_now(child);
			return now;
		}
		child->sent += (size_t)put;
		child->written += (uint64_t)put;
		now += (size_t)put;
	}
	if (exec_child_pending(child) == 0) {
		buf_reset(&child->pending);
		child->sent = 0;
		if (child->in_closing) {
			close_input_now(child);
			return now;
		}
	}
	/* What is written goes once it is the larger part: each byte is moved at most once. */
	if (child->sent > exec_child_pending(child)) {
		child->pending.len -= child->sent;
		memmove(child->pending.data, child->pending.data + child->sent, child->pending.len);
		child->sent = 0;
	}
	watch_room(child, exec_child_pending(child) > 0);
	return now;
}

void
exec_child_close_input(struct exec_child *child)
{
	child->in_closing = true;
	(void)exec_child_flush(child);
}

void
exec_child_close_output(struct exec_child *child)
{
	close_fd(&child->out_fd);
}

void
exec_child_close_errors(struct exec_child *child)
{
	close_fd(&child->err_fd);
}

void
exec_child_signal(const struct exec_child *child, int signal)
{
	/* The number stays its own until it is reaped, so this meets nobody else. */
	if (child->pid > 0)
		(void)kill(-child->pid, signal);
}

bool
exec_child_ended(const struct exec_child *child)
{
	siginfo_t info = {.si_pid = 0};

	return child->pid > 0 &&
	       waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == child->pid;
}

int
exec_child_reap(struct exec_child *child)
{
	int status = 0;

	exec_child_signal(child, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	close_input_now(child);
	close_fd(&child->out_fd);
	close_fd(&child->err_fd);
	close_fd(&child->end_fd);
	child->pid = 0;
	return status;
}

void
exec_child_stop(struct exec_child *child, int64_t until_ms)
{
	struct pollfd end = {.fd = child->end_fd, .events = POLLIN};
	int64_t left_ms;

	if (child->pid == 0)
		return;
	close_input_now(child);
	exec_child_signal(child, SIGTERM);
	while (!exec_child_ended(child) && (left_ms = until_ms - clock_mono_ms()) > 0)
		(void)poll(&end, 1, left_ms < 1000 ? (int)left_ms : 1000);
	(void)exec_child_reap(child);
}
