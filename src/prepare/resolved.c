/*
 * resolved.c - reading a package manager's record. Code of the box wrote it: it is opened beneath
 * the layer, without symlinks, and every word is checked.
 */
#include "prepare/resolved.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

#define WORDS 3 /* name, version, hash */

static int read_notes(const struct store *s, const char *upper, const struct manager *m,
		      struct buf *out, struct err *e)
{
	cleanup_free char *path = xasprintf("%s/" MANAGER_NOTES "/%s", upper, manager_key(m));
	cleanup_close int fd = -1;
	int r = path_open_nolinks(s->data_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, e);

	return r < 0 ? r : file_read_fd(fd, path, LOCK_MAX_BYTES, out, e);
}

static int add_line(char *line, struct strv *out, struct err *e)
{
	size_t n = 0;
	char *word;

	for (; (word = strsep(&line, " ")); n++) {
		if (n == WORDS || !lock_word(word))
			break;
		strv_push(out, word);
	}
	return n == WORDS && !word
		       ? 0
		       : err_set(e, EBADMSG, "it noted something that is not a package");
}

int resolved_note(const struct store *s, const char *upper, const struct settings *settings,
		  const struct manager *m, struct lock_file *lock, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct lock_manager *locked;
	char *line, *rest;
	int r = read_notes(s, upper, m, &text, e);

	if (r < 0)
		return err_add(e, "%s cannot be locked", manager_key(m));
	locked = lock_manager_add(lock, manager_key(m));
	recipe_packages(settings, m, &locked->asked);
	for (size_t i = 0; i < locked->asked.n; i++)
		if (!lock_word(locked->asked.v[i]))
			return err_set(e, ERR_USAGE, "[packages] %s: '%s' cannot be locked",
				       manager_key(m), locked->asked.v[i]);
	rest = text.data;
	while (r == 0 && (line = strsep(&rest, "\n")))
		if (*line)
			r = add_line(line, &locked->packages, e);
	return r < 0 ? err_add(e, "%s cannot be locked", manager_key(m)) : 0;
}

int resolved_recipe(const struct settings *settings, const struct lock_file *lock,
		    struct recipe *recipe, struct err *e)
{
	struct recipe made;
	int r = recipe_make(settings, lock, &made, e);

	if (r < 0)
		return r;
	recipe_clear(recipe);
	*recipe = made;
	return 0;
}
