/*
 * payload.c - reading what a session is to run. It comes from the client, or from code inside the
 * box.
 */
#include "launch/payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "launch/protocol.h"

void payload_clear(struct payload *p)
{
	free(p->data);
	free(p->argv);
	free(p->envp);
	free(p->shared);
	*p = (struct payload){0};
}

/* The next n strings of [*pos, end) as a vector; NULL if fewer are there. *end is NUL. */
static char **take_strings(char **pos, const char *end, size_t n)
{
	cleanup_free char **v = xcalloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		if (*pos >= end)
			return NULL;
		v[i] = *pos;
		*pos += strlen(*pos) + 1;
	}
	return take_ptr(v);
}

/* Reads the facts of the host, which begin at pos. */
static bool take_facts(const struct session_payload *head, char *pos, const char *end,
		       struct payload *p)
{
	cleanup_free char **facts = take_strings(&pos, end, N_PAYLOAD_FACTS);

	if (!facts || pos > end || head->terminfo_size > (size_t)(end - pos) ||
	    head->authorities_size > (size_t)(end - pos) - head->terminfo_size ||
	    head->files_size > (size_t)(end - pos) - head->terminfo_size - head->authorities_size)
		return false;
	p->facts = (struct settle_facts){.names = facts[FACT_NAMES],
					 .zone = facts[FACT_ZONE],
					 .locale = facts[FACT_LOCALE],
					 .terminfo = pos,
					 .terminfo_size = head->terminfo_size,
					 .authorities = pos + head->terminfo_size,
					 .authorities_size = head->authorities_size};
	p->files = pos + head->terminfo_size + head->authorities_size;
	p->files_size = head->files_size;
	p->etc.others = *facts[FACT_RESOLV_CONF] ? facts[FACT_OTHERS] : NULL;
	p->etc.resolv_conf = *facts[FACT_RESOLV_CONF] ? facts[FACT_RESOLV_CONF] : NULL;
	p->user = facts[FACT_USER];
	p->umask = head->umask & 0777;
	return true;
}

int payload_read(int fd, struct payload *ret, struct err *e)
{
	cleanup_payload struct payload p = {0};
	const struct session_payload *head;
	struct stat st;
	char *pos, *end;
	size_t size;

	if (fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof(*head) ||
	    st.st_size > PROTOCOL_MAX_PAYLOAD)
		return err_set(e, E2BIG, "the command line and environment are too long");
	size = (size_t)st.st_size;
	p.data = xcalloc(size + 1, 1); /* terminates the last string, whatever was sent */
	if (pread(fd, p.data, size, 0) != st.st_size)
		return err_set(e, EPROTO, "the session's command cannot be read");
	head = (const struct session_payload *)p.data;
	end = p.data + size;
	p.cwd = p.data + sizeof(*head);
	pos = p.data + sizeof(*head) + strlen(p.cwd) + 1;
	if (head->argc > size || head->envc > size || head->sharedc > size ||
	    (head->argc && !(p.argv = take_strings(&pos, end, head->argc))) ||
	    !(p.envp = take_strings(&pos, end, head->envc)) ||
	    !(p.shared = take_strings(&pos, end, head->sharedc)) || !take_facts(head, pos, end, &p))
		return err_set(e, EPROTO, "the session's command is malformed");
	*ret = p;
	p = (struct payload){0};
	return 0;
}
