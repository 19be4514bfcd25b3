/*
 * change_patch.c - one change of a box in the format of patch(1), by diff(1).
 *
 * diff gets descriptors, so that names from the box appear on its command line only as labels,
 * which are quoted.
 */
#include "cli/change_patch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "base/spawn.h"
#include "cli/change_view.h"

#define QUOTED_MAX (4 * PATH_MAX + 16)
#define LINE_BYTES 8192

static char *label(char side, const struct change *c, bool there)
{
	char quoted[QUOTED_MAX];

	return there ? xasprintf("%c%s", side, err_quote(quoted, sizeof(quoted), c->path))
		     : xstrdup("/dev/null");
}

/* Text from the box on a terminal: made printable, blanks kept. */
static void print_harmless(char *line)
{
	char quoted[4 * LINE_BYTES + 16], *save = line;

	for (size_t n; *save; save += n) {
		char end;

		n = strcspn(save, "\t\n");
		end = save[n];
		save[n] = '\0';
		fputs(err_quote(quoted, sizeof(quoted), save), stdout);
		if (end) {
			putchar(end);
			n++;
		}
	}
}

static int copy_output(int fd, struct err *e)
{
	cleanup_fclose FILE *f = fdopen(fd, "r");
	bool terminal = isatty(STDOUT_FILENO);
	char text[LINE_BYTES];
	size_t n;

	if (!f)
		return err_sys(e, errno, "cannot read from diff");
	if (terminal)
		while (fgets(text, sizeof(text), f))
			print_harmless(text);
	else
		while ((n = fread(text, 1, sizeof(text), f)) > 0)
			fwrite(text, 1, n, stdout);
	return 0;
}

static int wait_for(pid_t pid, const struct change *c, struct err *e)
{
	int status = spawn_wait(pid);

	if (status < 0)
		return err_sys(e, -status, "cannot wait for diff");
	if (status > 1)
		return err_set(e, EIO, "diff failed at '%s'", c->path);
	return 0;
}

static int run_diff(const struct change *c, int was, int now, struct err *e)
{
	cleanup_free char *a = label('a', c, was >= 0), *b = label('b', c, now >= 0);
	const char *const words[] = {"diff",
				     "-u",
				     "--label",
				     a,
				     "--label",
				     b,
				     "--",
				     was >= 0 ? "/dev/fd/3" : "/dev/null",
				     now >= 0 ? "/dev/fd/4" : "/dev/null",
				     NULL};
	cleanup_free char *program = spawn_find(words[0]);
	cleanup_close int out = -1, old = -1, new = -1;
	struct spawn s = {.program = program, .argv = words, .fds = SPAWN_ALL_SAME};
	int p[2], r;
	pid_t pid;

	if (!program)
		return err_set(e, ENOENT, "cannot find diff, which --patch needs");
	if (pipe2(p, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe");
	out = p[1];
	/* Above 3 and 4. */
	old = was >= 0 ? fcntl(was, F_DUPFD_CLOEXEC, 5) : -1;
	new = now >= 0 ? fcntl(now, F_DUPFD_CLOEXEC, 5) : -1;
	s.fds[1] = out;
	s.fds[3] = old >= 0 ? old : SPAWN_SAME;
	s.fds[4] = new >= 0 ? new : SPAWN_SAME;
	fflush(stdout);
	r = spawn_start(&s, &pid, e);
	if (r < 0) {
		close(p[0]);
		return err_add(e, "--patch needs diff");
	}
	close_fd(&out);
	r = copy_output(p[0], e);
	return r < 0 ? r : wait_for(pid, c, e);
}

int change_patch(const struct change *c, struct err *e)
{
	cleanup_close int was = -1, now = -1;
	struct stat st;
	size_t layer;
	int r = 0;

	if (!S_ISREG(c->st.st_mode)) {
		printf("# ");
		change_print(c, NULL);
		return 0;
	}
	if (c->kind != CHANGE_DELETED)
		r = change_open(c, &now, e);
	/* A symlink or directory that a file has replaced has no text. */
	if (r == 0 && c->kind != CHANGE_ADDED &&
	    view_lookup(&c->tree->base, c->rel, &layer, &st, e) == 0 && S_ISREG(st.st_mode))
		r = change_open_base(c, &was, e);
	return r < 0 ? r : run_diff(c, was, now, e);
}
