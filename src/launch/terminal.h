/*
 * terminal.h - the user's terminal while a session is relayed to it.
 */
#ifndef LAUNCH_TERMINAL_H
#define LAUNCH_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>

/*
 * Puts the terminal fd into raw mode, if we are in its foreground. keep_output: what is written to
 * it does not come from the pty and still needs its newlines translated. terminal_restore(), which
 * also runs at exit and on fatal signals, brings back what was. Calling either twice is harmless.
 */
void terminal_raw(int fd, bool keep_output);
void terminal_restore(void);

/* Is it raw by our doing? While it is not, what is typed is another job's. */
bool terminal_is_raw(void);

/* The size of the terminal, 0 by 0 when fd is none. */
struct winsize terminal_size(int fd);

/* Bytes between the user's terminal and the session's pty, one direction. */
struct relay {
	int from, to; /* -1: ended */
	char data[8192];
	size_t start, end;
};

/* One step each; false at the end of `from`, or when `to` has gone. EAGAIN is no end. */
bool relay_read(struct relay *r);
bool relay_write(struct relay *r);

static inline bool relay_pending(const struct relay *r)
{
	return r->start < r->end;
}

#endif
