/*
 * terminal.h - the user's terminal while a session is relayed to it.
 */
#ifndef LAUNCH_TERMINAL_H
#define LAUNCH_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>

/* May we read from it and set it: are we in its foreground, or is it without jobs? */
bool terminal_is_ours(int fd);

/*
 * Puts the terminal fd into raw mode, if we are in its foreground. keep_output: what is written to
 * it does not come from the pty and still needs its newlines translated. terminal_restore(), which
 * also runs at exit and on fatal signals, brings back what was. Calling either twice is harmless.
 */
void terminal_raw(int fd, bool keep_output);
void terminal_restore(void);

/* The same in a signal's handler, and without waiting for what is still to be shown. */
void terminal_restore_now(void);

/* The terminal fd, open for reading: fd itself, or one that the caller closes; -1: cannot be had. */
int terminal_keys(int fd);

/* Stops this process as its shell would see any job stop; returns when it is continued. */
void terminal_suspend(void);

/*
 * In the background: stops our job, as reading the terminal does, until it is in the foreground.
 * False when no shell is left to bring it there.
 */
bool terminal_wait(int fd);

/* Is it raw by our doing? While it is not, what is typed is another job's. */
bool terminal_is_raw(void);

/*
 * Takes out of what comes from the pty what the user's terminal will put in itself while its output
 * is not raw; the new length. A pair that is cut in two stays, which nobody sees.
 */
size_t terminal_undo_newlines(char *data, size_t len);

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
