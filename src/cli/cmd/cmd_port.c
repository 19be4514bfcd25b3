/*
 * cmd_port.c - `sandbox port`: which ports of the host lead into a box.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "box/lifecycle.h"
#include "box/target.h"
#include "cli/commands.h"
#include "cli/ports_view.h"
#include "config/port_value.h"
#include "start/holder.h"

struct port_cli {
	bool all, json;
};

static const struct opt options[] = {
	{.letter = 'a',
	 .name = "all",
	 .help = "of all running boxes",
	 OPT_FLAG(struct port_cli, all)},
	OPT_JSON(struct port_cli, json),
	OPTS_END,
};

/* Is it "80" or "53/udp"? A box may be called so, too: with a PROJECT before it, it is a port. */
static bool parse_port(const char *word, struct port_value *ret)
{
	struct err ignored;

	return port_value_parse("auto", word, ret, &ignored) == 0 && ret->n == 1;
}

static int find_box(const struct store *s, const char *word, struct box *ret, struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	int r = target_resolve(s, word, &t, e);

	return r < 0 ? r : target_box(s, &t, ret, e);
}

/* Those of one port only; without "/udp" of TCP, as in docker. */
static size_t pick(struct gateway_shown *v, size_t n, const struct port_value *port)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (ntohs(v[i].port.box) == port->box && v[i].port.udp == port->udp)
			v[left++] = v[i];
	return left;
}

static void print_all(const struct box *b, const struct gateway_shown *v, size_t n, bool named)
{
	char host[PORTS_VIEW_TEXT], box[PORTS_VIEW_TEXT];

	for (size_t i = 0; i < n; i++)
		printf("%s%s%s -> %s\n", named ? b->name : "", named ? "  " : "",
		       ports_view_box(&v[i], box), ports_view_host(&v[i], host));
}

static int show_one(const char *word, const char *port_word, bool json, struct err *e)
{
	cleanup_free struct gateway_shown *v = NULL;
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	struct port_value port = {0};
	struct json j = JSON_INIT;
	char host[PORTS_VIEW_TEXT];
	size_t n = 0;
	int r;

	if (port_word && !parse_port(port_word, &port))
		return err_set(e, ERR_USAGE, "'%s' is not a port of a box, such as 80 or 53/udp",
			       port_word);
	r = store_open(&s, e);
	if (r == 0)
		r = find_box(&s, word, &b, e);
	if (r == 0)
		r = holder_ports(&b, &v, &n, e);
	if (r < 0)
		return r;
	if (port_word) {
		n = pick(v, n, &port);
		if (!n)
			return err_set(e, ENOENT, "port %s of box '%s' is not published", port_word,
				       b.name);
	}
	if (json) {
		ports_view_json(&j, NULL, v, n);
		jsonout_print(&j);
	} else if (port_word) {
		for (size_t i = 0; i < n; i++)
			printf("%s\n", ports_view_host(&v[i], host));
	} else {
		print_all(&b, v, n, false);
	}
	return 0;
}

static int show_box(struct json *j, const struct box *b, struct err *e)
{
	cleanup_free struct gateway_shown *v = NULL;
	size_t n = 0;
	int r = holder_ports(b, &v, &n, e);

	if (r < 0 || !n)
		return r;
	if (!j) {
		print_all(b, v, n, true);
		return 0;
	}
	jsonout_object_begin(j, NULL);
	jsonout_string(j, "box", b->name);
	ports_view_json(j, "ports", v, n);
	jsonout_object_end(j);
	return 0;
}

static int show_all(bool json, struct err *e)
{
	cleanup_box_list struct box_list list = {0};
	cleanup_store struct store s = STORE_INIT;
	struct json j = JSON_INIT;
	int r = box_list_of_store(&s, &list, e);

	if (r < 0)
		return r;
	jsonout_array_begin(&j, NULL);
	for (size_t i = 0; r >= 0 && i < list.n; i++) {
		r = box_list_open(&s, &list, i, e);
		if (r > 0)
			r = show_box(json ? &j : NULL, &list.v[i], e);
	}
	jsonout_array_end(&j);
	if (r >= 0 && json)
		jsonout_print(&j);
	else
		buf_free(&j.out);
	return r < 0 ? r : 0;
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct port_cli *cli = args->options;
	const char *word = args->n > 0 ? args->v[0] : NULL, *port = args->n > 1 ? args->v[1] : NULL;
	struct port_value ignored;

	(void)ret_status;
	if (cli->all && args->n)
		return err_set(e, ERR_USAGE, "--all and a PROJECT cannot be used together");
	if (cli->all)
		return show_all(cli->json, e);
	if (args->n == 1 && parse_port(word, &ignored)) {
		port = word;
		word = NULL;
	}
	return show_one(word, port, cli->json, e);
}

const struct command cmd_port = {
	.name = "port",
	.summary = "show which ports of the host lead into a box",
	.usage = "[OPTIONS] [PROJECT] [PORT[/udp]]",
	.options = options,
	.options_size = sizeof(struct port_cli),
	.max_words = 2,
	.words = {WORD_PROJECT},
	.run = run,
};
