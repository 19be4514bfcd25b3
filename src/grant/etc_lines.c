/*
 * etc_lines.c - the text that launch/etc.c puts into a box.
 */
#include "grant/etc_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/etc_text.h"
#include "base/file.h"
#include "base/file_time.h"
#include "base/mem.h"
#include "config/host_names.h"
#include "config/schema.h"
#include "gateway/contract.h"

#define ETC_NOTE	"etc"
#define RESOLV_CONF_MAX (64u << 10)
#define HOSTS_MAX	(1u << 20) /* a larger file is a block list */

/* No `x`: PAM would look for a line of shadow(5), and su, sshd and cron would refuse you. */
char *etc_lines_passwd(const struct user *u, const char *home)
{
	return xasprintf("%s:*:%u:%u::%s:/bin/sh", u->name, u->uid, u->gid, home);
}

char *etc_lines_group(const struct user *u)
{
	return xasprintf("%s:x:%u:", u->name, u->gid);
}

/*
 * True if it was read. False if it does not exist, may not be read by us, or is not a regular file;
 * anything else is an error.
 */
static int read_host_file(const char *path, size_t max, struct buf *out, struct err *e)
{
	int r = file_read(AT_FDCWD, path, max, out, e);

	switch (r) {
	case 0:
		return true;
	case -ENOENT:
	case -ENOTDIR:
	case -ELOOP:
	case -EACCES:
	case -EINVAL:
	case -ENXIO:
	case -EFBIG:
		return false;
	default:
		return r;
	}
}

static void add_hosts(const struct settings *s, const char *machine, struct buf *out)
{
	cleanup_strv struct strv words = {0};

	settings_list(s, KEY_NETWORK_HOSTS, &words);
	for (size_t i = 0; i < words.n; i++) {
		cleanup_free char *name = NULL;
		const char *address;

		host_names_split(words.v[i], &name, &address);
		if (streq(address, GATEWAY_NAME))
			address = machine;
		if (address)
			buf_addf(out, "%s\t%s\n", address, name);
	}
}

int etc_lines_others(const struct settings *s, const char *machine, char **ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT, lines = BUF_INIT;
	int r = read_host_file("/etc/hosts", HOSTS_MAX, &text, e);

	if (r < 0)
		return r;
	add_hosts(s, machine, &lines);
	if (r)
		etc_text_hosts_lines(text.data, &lines);
	*ret = xstrdup(lines.data);
	return 0;
}

int etc_lines_resolv(char **ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = read_host_file("/etc/resolv.conf", RESOLV_CONF_MAX, &text, e);

	if (r < 0)
		return r;
	*ret = r ? buf_detach(&text) : NULL;
	return 0;
}

int etc_lines_gateway_others(const struct settings *s, char **ret, struct err *e)
{
	cleanup_free char *others = NULL;
	int r = etc_lines_others(s, GATEWAY_IPV4, &others, e);

	if (r == 0)
		*ret = xasprintf("%s" GATEWAY_IPV4 "\t" GATEWAY_NAME "\n", others);
	return r;
}

/*
 * Resolvers try the search list before a name without dots, so the first entry of that is the
 * gateway's: it answers for services, and the host's servers are not asked for NAME.DOMAIN.
 */
static void keep_resolv_line(const char *line, size_t len, struct buf *out)
{
	static const char *const lists[] = {"search", "domain"};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		size_t word = strlen(lists[i]);

		if (starts_with(line, lists[i]))
			buf_addf(out, "search " GATEWAY_ZONE "%.*s\n", (int)(len - word),
				 line + word);
	}
	if (starts_with(line, "options"))
		buf_addf(out, "%.*s\n", (int)len, line);
}

int etc_lines_gateway_resolv(char **ret, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT, out = BUF_INIT;
	int r = read_host_file("/etc/resolv.conf", RESOLV_CONF_MAX, &text, e);

	if (r < 0)
		return r;
	buf_addstr(&out, "nameserver " GATEWAY_IPV4 "\n");
	for (const char *line = text.data; *line;) {
		size_t len = strcspn(line, "\n");

		keep_resolv_line(line, len, &out);
		line += len + (line[len] == '\n');
	}
	*ret = buf_detach(&out);
	return 0;
}

static void describe(const char *path, struct buf *out)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		buf_addstr(out, " -");
		return;
	}
	buf_addf(out, " %llu-%lld-", (unsigned long long)st.st_ino, (long long)st.st_size);
	file_time_add(&st.st_mtim, out);
}

char *etc_lines_note(bool lent)
{
	cleanup_buf struct buf line = BUF_INIT;

	buf_addstr(&line, ETC_NOTE);
	if (lent) {
		describe("/etc/hosts", &line);
		describe("/etc/resolv.conf", &line);
	}
	buf_addch(&line, '\n');
	return buf_detach(&line);
}

bool etc_lines_changed(const char *notes)
{
	const char *then = strstr(notes, "\n" ETC_NOTE);
	cleanup_free char *now = NULL;

	if (!then)
		return true;
	then++;
	if (starts_with(then, ETC_NOTE "\n"))
		return false;
	now = etc_lines_note(true);
	return !starts_with(then, now);
}

bool etc_lines_has(const char *name)
{
	return streq(name, "passwd") || streq(name, "group") || streq(name, "hosts") ||
	       streq(name, "resolv.conf") || streq(name, "nsswitch.conf");
}

static bool same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Whatever the names of the box and of the host's hosts. */
static bool is_hosts(const struct buf *was, const struct buf *now)
{
	cleanup_buf struct buf a = BUF_INIT, b = BUF_INIT;

	etc_text_hosts_rest(was, &a);
	etc_text_hosts_rest(now, &b);
	return same(&a, &b);
}

static bool is_ids(bool passwd, const char *line, const struct buf *was, const struct buf *now)
{
	cleanup_buf struct buf you = BUF_INIT, root = BUF_INIT;
	const struct buf *made = was;

	if (!(passwd ? etc_text_passwd : etc_text_group)(made, line, false, &you))
		made = &you;
	if (same(made, now))
		return true;
	if (!etc_text_root(made, passwd ? "root:x:0:0:root:/root:/bin/sh" : "root:x:0:", &root))
		made = &root;
	return same(made, now);
}

bool etc_lines_made(const char *name, const struct buf *was, const struct buf *now,
		    const struct user *u, const char *home)
{
	bool passwd = streq(name, "passwd");
	cleanup_free char *line = NULL;
	cleanup_buf struct buf text = BUF_INIT;

	if (streq(name, "hosts"))
		return is_hosts(was, now);
	if (streq(name, "resolv.conf")) /* sandbox writes the whole file */
		return true;
	if (streq(name, "nsswitch.conf"))
		return !etc_text_nsswitch(was, &text) && same(&text, now);
	line = passwd ? etc_lines_passwd(u, home) : etc_lines_group(u);
	if (is_ids(passwd, line, was, now))
		return true;
	line[strlen(u->name) + 1] = 'x'; /* as written for boxes of an older version */
	return is_ids(passwd, line, was, now);
}
