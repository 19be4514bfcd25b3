/*
 * err.h - the one error convention.
 *
 * A function that can fail returns 0 or a negative code and takes a `struct err *` last. The
 * message is made where the failure happens and added to on the way up; it is printed once, in
 * main(). A message is one line, lower case, without a full stop, and names the thing at fault:
 *
 *	return err_sys(e, errno, "cannot open '%s'", path);
 *	...
 *	if (box_load(&box, name, e) < 0)
 *		return err_add(e, "cannot enter '%s'", name);
 *
 * A code is an errno value or one of the codes below; err_exit_status() maps it to the exit
 * status of the program.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

/* Codes beyond errno's range (the kernel keeps errno below 4096). */
enum {
	ERR_CMD_NOT_FOUND = 4096 + 127, /* the command to run does not exist: exit status 127 */
	ERR_CMD_NOT_EXEC = 4096 + 126,	/* it exists and cannot be executed: exit status 126 */
	ERR_USAGE = 4096 + 1,		/* the command line or a file of the user's is wrong */
	ERR_RETRY = 4096 + 2,		/* the box ended under our hands: ask again */
	ERR_SAID = 4096 + 3,		/* another program of ours has said what is wrong */
};

/* Fixed size, so that it crosses a socket as it is. */
struct err {
	int code;
	char msg[1020];
};

/* Sets code and message; returns -code. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set() with ": strerror(errnum)" at the end. Keeps errno untouched. */
int err_sys(struct err *e, int errnum, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<text>: " before the message that is there; returns -e->code. */
int err_add(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The exit status a failed command ends with: 127, 126 or 125. */
int err_exit_status(const struct err *e);

/*
 * Copies s into dst with everything that does not show itself (quote.h) as \n, \t, \xHH, \uHHHH or
 * \UHHHHHHHH, so that a name with a newline, an escape sequence or a mark of direction stays one line that
 * says what it is. Always ends dst; returns dst.
 */
char *err_quote(char *dst, size_t size, const char *s);

/* The same for all of it, however long; the caller frees. */
char *err_quote_all(const char *s);

#endif
