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

#include <stdbool.h>
#include <stddef.h>

/* Codes beyond errno's range (the kernel keeps errno below 4096). */
enum {
	ERR_CMD_NOT_FOUND = 4096 + 127, /* the command does not exist: exit status 127 */
	ERR_CMD_NOT_EXEC = 4096 + 126,	/* the command cannot be executed: exit status 126 */
	ERR_USAGE = 4096 + 1,		/* the command line or one of the user's files is wrong */
	ERR_RETRY = 4096 + 2,		/* the box ended meanwhile: try again */
	ERR_SAID = 4096 + 3,		/* another program of ours has already reported it */
};

/* Of fixed size, so that it can be sent over a socket as it is. */
struct err {
	int code;
	char msg[1020];
};

/* Sets code and message; returns -code. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As err_set(), with ": strerror(errnum)" appended. Keeps errno. */
int err_sys(struct err *e, int errnum, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Prefixes the message with "<text>: "; returns -e->code. */
int err_add(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Is it (0 or -errno) a lack of descriptors or memory, which tells nothing of what was being looked
 * at?
 */
bool err_is_lack(int r);

/* The exit status for this error: 127, 126 or 125. */
int err_exit_status(const struct err *e);

/*
 * Copies s into dst. Characters that do not show (quote.h) become \n, \t, \xHH, \uHHHH or
 * \UHHHHHHHH, so that a name with a newline, an escape sequence or a direction mark stays one line
 * that shows what it is. Always terminates dst; returns dst.
 */
char *err_quote(char *dst, size_t size, const char *s);

/* The same without a limit of length. The caller frees it. */
char *err_quote_all(const char *s);

#endif
