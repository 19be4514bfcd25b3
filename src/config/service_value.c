/*
 * service_value.c - the syntax of values of [service NAME].
 *
 * Messages have no "file:line" yet: the reader of the file adds it.
 */
#include "config/service_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/word_split.h"
#include "config/value.h"

#define WORDS_MAX 1024

int service_need_parse(const char *word, struct service_need *ret, struct err *e)
{
	cleanup_free char *name = xstrdup(word);
	char *state = strchr(name, ':');
	struct service_need need = {.state = NEED_READY};

	if (state)
		*state++ = '\0';
	if (!value_name(name))
		return err_set(e, ERR_USAGE, "'%s' is not the name of a service", name);
	if (state && streq(state, "started"))
		need.state = NEED_STARTED;
	else if (state && streq(state, "healthy"))
		need.state = NEED_HEALTHY;
	else if (state && streq(state, "completed"))
		need.state = NEED_COMPLETED;
	else if (state)
		return err_set(e, ERR_USAGE,
			       "'%s': expected %s, %s:started, %s:healthy or %s:completed", word,
			       name, name, name, name);
	need.name = take_ptr(name);
	*ret = need;
	return 0;
}

int service_needs_check(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};
	int r = 0;

	value_words(value, &words);
	for (size_t i = 0; r == 0 && i < words.n; i++) {
		struct service_need need = {0};

		r = service_need_parse(words.v[i], &need, e);
		free(need.name);
	}
	return r;
}

int service_network_check(const char *value, struct err *e)
{
	if (streq(value, SERVICE_NETWORK_PROJECT) ||
	    (starts_with(value, SERVICE_NETWORK_OTHER) &&
	     value_name(value + strlen(SERVICE_NETWORK_OTHER))))
		return 0;
	return err_set(e, ERR_USAGE, "'%s': expected project or service:NAME", value);
}

int service_localhost_check(const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};
	unsigned long port;

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++)
		if (!value_number(words.v[i], 1, 65535, &port))
			return err_set(e, ERR_USAGE, "'%s' is not a port, 1 to 65535", words.v[i]);
	return 0;
}

int service_restart_parse(const char *value, struct service_restart *ret, struct err *e)
{
	static const char limited[] = "on-failure:";
	struct service_restart r = {.when = RESTART_NO};

	if (streq(value, "always"))
		r.when = RESTART_ALWAYS;
	else if (streq(value, "unless-stopped"))
		r.when = RESTART_UNLESS_STOPPED;
	else if (streq(value, "on-failure"))
		r.when = RESTART_ON_FAILURE;
	else if (starts_with(value, limited) &&
		 value_number(value + strlen(limited), 1, 1000000, &r.most))
		r.when = RESTART_ON_FAILURE;
	else if (!streq(value, "no"))
		return err_set(e, ERR_USAGE,
			       "expected no, on-failure, on-failure:N, always or unless-stopped");
	*ret = r;
	return 0;
}

/* What follows a word and blanks, or NULL. */
static const char *after(const char *value, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(value, word, len) != 0 || (value[len] != ' ' && value[len] != '\t'))
		return NULL;
	return value + len + strspn(value + len, " \t");
}

/* http://HOST[:PORT][/PATH] */
static bool is_url(const char *text)
{
	const char *host = text + strlen("http://");

	return strcspn(host, ":/") > 0 && !strpbrk(host, " \t@#");
}

int service_health_parse(const char *value, struct service_health *ret, struct err *e)
{
	const char *port = after(value, "port"), *log = after(value, "log");
	struct service_health h = {.kind = HEALTH_COMMAND};
	const char *text = value;
	unsigned long n;

	if (streq(value, "none")) {
		h.kind = HEALTH_NONE;
	} else if (port) {
		h.kind = HEALTH_PORT;
		text = port;
		if (!value_number(port, 1, 65535, &n))
			return err_set(e, ERR_USAGE, "expected a port, 1 to 65535, after 'port'");
	} else if (log) {
		h.kind = HEALTH_LOG;
		text = log;
	} else if (starts_with(value, "http://")) {
		h.kind = HEALTH_HTTP;
		if (!is_url(value))
			return err_set(e, ERR_USAGE, "expected http://HOST[:PORT][/PATH]");
	} else if (starts_with(value, "https://")) {
		return err_set(e, ERR_USAGE, "https is not spoken here: use a command");
	}
	if (!*text)
		return err_set(e, ERR_USAGE,
			       "expected none, port N, http://..., log TEXT or a "
			       "command");
	h.text = xstrdup(text);
	*ret = h;
	return 0;
}

/* Cuts an option off the end. */
static bool cut_word(char *text, const char *option)
{
	if (!ends_with(text, option))
		return false;
	text[strlen(text) - strlen(option)] = '\0';
	return true;
}

int service_volume_split(const char *word, char **ret_target, char **ret_value, struct err *e)
{
	cleanup_free char *text = xstrdup(word);
	bool create = cut_word(text, ":create"), read_only = cut_word(text, ":ro");
	const char *mode = read_only ? " ro" : cut_word(text, ":rw") ? " rw" : "";
	const char *source = "volume:";
	char *target = *text == '/' && !strchr(text, ':') ? text : strrchr(text, ':');
	bool named = false;

	if (target && target != text) {
		*target++ = '\0';
		source = text;
		named = !strchr("./~", *text);
		if (named && !value_name(text))
			target = NULL;
	}
	if (create && (named || source != text))
		target = NULL;
	if (!target || *target != '/' || !target[strspn(target, "/.")] || strstr(target, "/../"))
		return err_set(e, ERR_USAGE,
			       "'%s': expected NAME:TARGET, PATH:TARGET or TARGET, and :ro, where "
			       "TARGET is an absolute path in the service and PATH, which may have "
			       ":create, begins with '.', '/' or '~'",
			       word);
	*ret_value = xasprintf("%s%s%s%s", named ? "volume:" : "", source, mode,
			       create ? " create" : "");
	*ret_target = xstrdup(target);
	return 0;
}

int service_words(const char *value, struct strv *out, struct err *e)
{
	cleanup_free char *line = xstrdup(value);
	char *words[WORDS_MAX];
	const char *why = NULL;
	int n = word_split(line, words, WORDS_MAX, NULL, &why);

	if (n < 0)
		return err_set(e, ERR_USAGE, "%s (for a shell: sh -c '...')", why);
	for (int i = 0; i < n; i++)
		strv_push(out, words[i]);
	return 0;
}
