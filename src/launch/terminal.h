/*
 * terminal.h - the user's terminal while a session is relayed to it.
 */
#ifndef LAUNCH_TERMINAL_H
#define LAUNCH_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>

/* May we read from it and set it: are we in its foreground, or does it have no job control? */
bool terminal_is_ours(int fd);

/*
 * Puts the terminal fd into raw mode, if we are in its foreground. keep_output: other output than
 * the pty's goes to it and still needs newline translation. terminal_restore(), which also runs at
 * exit and on fatal signals, undoes it. Calling either twice is harmless.
 */
void terminal_raw(int fd, bool keep_output);
void terminal_restore(void);

/* The same for a signal handler, without waiting for pending output. */
void terminal_restore_now(void);

/*
 * The terminal fd, open for reading: fd itself, or a new descriptor that the caller closes; -1:
 * impossible.
 */
int terminal_keys(int fd);

/* Stops this process as its shell sees any job stop; returns when it is continued. */
void terminal_suspend(void);

/*
 * In the background: stops our job, as reading the terminal would, until it is in the foreground.
 * False if there is no shell to bring it there.
 */
bool terminal_wait(int fd);

/* Is it raw because of us? Otherwise keyboard input belongs to another job. */
bool terminal_is_raw(void);

/*
 * Removes from pty output what the user's terminal will add itself while its output is not raw;
 * returns the new length. A pair split between two reads stays, which is invisible.
 */
size_t terminal_undo_newlines(char *data, size_t len);

/* The size of the terminal; 0 by 0 if fd is not a terminal. */
struct winsize terminal_size(int fd);

/* One direction of bytes between the user's terminal and the session's pty. */
struct relay {
	int from, to; /* -1: ended */
	char *data;   /* owned; NULL until the first read */
	size_t start, end;
};

/* One step each; false at the end of `from`, or if `to` has gone. EAGAIN is not an end. */
bool relay_read(struct relay *r);
bool relay_write(struct relay *r);

static inline bool relay_pending(const struct relay *r)
{
	return r->start < r->end;
}

#endif
