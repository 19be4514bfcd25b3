/*
 * terminal.c - raw mode that is always undone, and the relay's buffers.
 *
 * Owns the one saved state of the one terminal a program can have. The restore runs at exit and
 * from the handlers of signals that dump core; after SIGKILL the shell restores the modes, as it
 * does for any killed job.
 */
#include "launch/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"

#define RELAY_SIZE 8192

static struct {
	int fd;
	bool raw, keeps_output, hooked;
	struct termios saved;
} term = {.fd = -1};

/* A signal that we pass on must not interrupt this. */
static void set_modes(int fd, const struct termios *modes)
{
	while (tcsetattr(fd, TCSADRAIN, modes) < 0 && errno == EINTR)
		;
}

void terminal_restore(void)
{
	if (!term.raw)
		return;
	set_modes(term.fd, &term.saved);
	term.raw = false;
}

void terminal_restore_now(void)
{
	if (term.raw)
		tcsetattr(term.fd, TCSANOW, &term.saved);
	term.raw = false;
}

static void restore_and_die(int sig)
{
	terminal_restore();
	raise(sig); /* SA_RESETHAND: the default action, a core dump */
}

static void hook_restore(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
	struct sigaction sa = {.sa_handler = restore_and_die,
			       .sa_flags = (int)SA_RESETHAND | SA_NODEFER};

	if (term.hooked)
		return;
	term.hooked = true;
	atexit(terminal_restore);
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		sigaction(fatal[i], &sa, NULL);
}

bool terminal_is_ours(int fd)
{
	pid_t foreground = tcgetpgrp(fd);

	/*
	 * A terminal other than our controlling one has no jobs: any process that has it open may
	 * use it.
	 */
	return foreground < 0 ? isatty(fd) : foreground == getpgrp();
}

void terminal_raw(int fd, bool keep_output)
{
	struct termios raw;

	/*
	 * In the background the terminal belongs to another job: its modes are not ours to change.
	 */
	if (term.raw || !terminal_is_ours(fd) || tcgetattr(fd, &term.saved) < 0)
		return;
	hook_restore();
	term.fd = fd;
	term.raw = true;
	term.keeps_output = keep_output;
	raw = term.saved;
	cfmakeraw(&raw);
	if (keep_output)
		raw.c_oflag = term.saved.c_oflag;
	set_modes(fd, &raw);
}

bool terminal_is_raw(void)
{
	return term.raw;
}

int terminal_keys(int fd)
{
	return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY
		       ? open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
		       : fd;
}

void terminal_suspend(void)
{
	sigset_t tstp, old;

	terminal_restore();
	sigemptyset(&tstp);
	sigaddset(&tstp, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &tstp, &old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* Reading zero bytes stops a background job just as reading does. */
bool terminal_wait(int fd)
{
	int keys = terminal_keys(fd);
	char none;

	terminal_restore();
	(void)!read(keys, &none, 0);
	if (keys != fd)
		close(keys);
	return terminal_is_ours(fd);
}

/* The pty turned each "\n" into "\r\n", and the terminal is about to do so again. */
size_t terminal_undo_newlines(char *data, size_t len)
{
	size_t n = 0;

	if (term.raw && !term.keeps_output)
		return len;
	for (size_t i = 0; i < len; i++)
		if (data[i] != '\r' || i + 1 == len || data[i + 1] != '\n')
			data[n++] = data[i];
	return n;
}

struct winsize terminal_size(int fd)
{
	struct winsize ws = {0};

	ioctl(fd, TIOCGWINSZ, &ws);
	return ws;
}

bool relay_read(struct relay *r)
{
	ssize_t n;

	if (relay_pending(r))
		return true;
	if (!r->data)
		r->data = xrealloc(NULL, RELAY_SIZE, 1);
	n = read(r->from, r->data, RELAY_SIZE);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	r->start = 0;
	r->end = (size_t)n;
	return n > 0;
}

bool relay_write(struct relay *r)
{
	ssize_t n = write(r->to, r->data + r->start, r->end - r->start);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	r->start += (size_t)n;
	return true;
}
