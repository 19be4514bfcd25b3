/*
 * request.c - making and sending the message SESSION.
 */
#include "launch/request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "launch/protocol.h"

static size_t add_strings(struct buf *b, char *const *v)
{
	size_t n = 0;

	for (; v && v[n]; n++)
		buf_add(b, v[n], strlen(v[n]) + 1);
	return n;
}

static void add_string(struct buf *b, const char *s)
{
	buf_add(b, s ? s : "", s ? strlen(s) + 1 : 1);
}

static void add_facts(struct buf *b, const struct session_request *req,
		      struct session_payload *head)
{
	static const struct session_facts none;
	const struct session_facts *facts = req->facts;

	if (!facts)
		facts = &none;
	add_string(b, facts->names);
	add_string(b, facts->zone);
	add_string(b, facts->locale);
	add_string(b, facts->others);
	add_string(b, facts->resolv_conf);
	add_string(b, req->user);
	buf_add(b, facts->terminfo ? facts->terminfo : "", facts->terminfo_size);
	buf_add(b, facts->authorities ? facts->authorities : "", facts->authorities_size);
	buf_add(b, facts->files ? facts->files : "", facts->files_size);
	head->terminfo_size = facts->terminfo_size;
	head->files_size = facts->files_size;
	head->authorities_size = facts->authorities_size;
}

static int make_payload(const struct session_request *req, int *ret_fd, struct err *e)
{
	cleanup_buf struct buf b = BUF_INIT;
	cleanup_close int fd = memfd_create("session", MFD_CLOEXEC);
	struct session_payload head = {0};
	int r;

	if (fd < 0)
		return err_sys(e, errno, "cannot make the session's request");
	buf_add(&b, &head, sizeof(head));
	buf_add(&b, req->cwd, strlen(req->cwd) + 1);
	head.argc = (uint32_t)add_strings(&b, req->argv);
	head.envc = (uint32_t)add_strings(&b, req->envp);
	head.sharedc = req->tools ? (uint32_t)add_strings(&b, req->tools->shared) : 0;
	head.umask = req->umask;
	add_facts(&b, req, &head);
	memcpy(b.data, &head, sizeof(head));
	if (b.len > PROTOCOL_MAX_PAYLOAD)
		return err_set(e, E2BIG,
			       "the command line and environment are longer than %u bytes",
			       PROTOCOL_MAX_PAYLOAD);
	if ((r = write_all(fd, b.data, b.len)) < 0)
		return err_sys(e, -r, "cannot write the session's request");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* A directory would be a way out of the box: "/proc/self/fd/0/..". */
static int check_stdio(uint32_t terminals, struct err *e)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++)
		if (!(terminals >> fd & 1) && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			return err_set(e, EISDIR,
				       "descriptor %d is a directory, which would let the "
				       "box reach all around it",
				       fd);
	return 0;
}

/* The number in "/dev/fd/63", as a shell passes <(...); 0 for any other word. */
static unsigned int named_fd(const char *word)
{
	static const char *const prefixes[] = {"/dev/fd/", "/proc/self/fd/"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t n = strlen(prefixes[i]);
		unsigned long fd;

		if (starts_with(word, prefixes[i]) && word[n] > '0' && word[n] <= '9' &&
		    strspn(word + n, "0123456789") == strlen(word + n) &&
		    (fd = strtoul(word + n, NULL, 10)) <= UINT8_MAX)
			return (unsigned int)fd;
	}
	return 0;
}

/*
 * It must be inherited, not one of our own; not a way out of the box, and not the user's terminal.
 */
static bool can_pass(int fd)
{
	int flags = fcntl(fd, F_GETFD), mode = fcntl(fd, F_GETFL);
	struct stat st;

	return fd > 2 && flags >= 0 && !(flags & FD_CLOEXEC) && !(mode & O_PATH) &&
	       fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode) && !isatty(fd);
}

static int given(const struct session_request *req, int fd, struct err *e)
{
	return req->narrow ? req->narrow(req->narrow_arg, fd, e) : fd;
}

static int add_named(const struct session_request *req, struct message *m, int *fds, int n,
		     struct err *e)
{
	char *const *argv = req->argv;
	int n_more = 0;

	for (; argv && *argv && n_more < PROTOCOL_MAX_MORE; argv++) {
		int fd = (int)named_fd(*argv);

		if (!can_pass(fd) || memchr(m->session.more, fd, (size_t)n_more))
			continue;
		m->session.more[n_more++] = (uint8_t)fd;
		fds[n] = given(req, fd, e);
		if (fds[n++] < 0)
			return -e->code;
	}
	return n;
}

static int add_stdio(const struct session_request *req, uint32_t terminals, int null, int *fds,
		     int n, struct err *e)
{
	for (int fd = 0; fd < 3; fd++) {
		if (terminals >> fd & 1)
			continue;
		if (req->detach)
			fds[n] = fd && req->output ? *req->output : null;
		else
			fds[n] = given(req, fd, e);
		if (fds[n++] < 0)
			return -e->code;
	}
	return n;
}

int request_send(int connection, const struct session_request *req,
		 const struct request_terminal *terminal, int *ret_report, struct err *e)
{
	cleanup_close int payload = -1, report = -1, report_w = -1, null = -1;
	int fds[PROTOCOL_MAX_FDS], n = 0, pipefd[2], r;
	struct message m = {.type = MESSAGE_SESSION};
	uint32_t terminals = terminal->fds;

	r = check_stdio(terminals, e);
	if (r == 0)
		r = make_payload(req, &payload, e);
	if (r < 0)
		return r;
	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make the report pipe");
	report = pipefd[0];
	report_w = pipefd[1];
	if (req->detach && (null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
		return err_sys(e, errno, "cannot open '/dev/null'");
	m.session.flags = (req->root ? SESSION_ROOT : 0) | (req->detach ? SESSION_DETACHED : 0) |
			  (req->at_exit ? SESSION_AT_EXIT : 0) | (req->tools ? SESSION_TOOLS : 0) |
			  (req->record ? SESSION_WATCHED : 0) |
			  (terminal->background ? SESSION_BACKGROUND : 0);
	m.session.terminals = terminals;
	m.session.size = terminal->size;
	fds[n++] = payload;
	fds[n++] = report_w;
	if (req->tools)
		fds[n++] = req->tools->tree;
	if (req->record)
		fds[n++] = *req->record;
	n = add_stdio(req, terminals, null, fds, n, e);
	if (n >= 0 && req->named_fds)
		n = add_named(req, &m, fds, n, e);
	if (n < 0)
		return n;
	r = message_send(connection, &m, fds, n, 0);
	/* EPIPE: pid 1 ended meanwhile; its last message is still to be read. */
	if (r < 0 && r != -EPIPE && r != -ECONNRESET)
		return err_sys(e, -r, "cannot ask the box for a session");
	*ret_report = take_fd(&report);
	return 0;
}

int carry_some(struct carry *c)
{
	static char buffer[65536]; /* the capacity of a pipe */
	ssize_t n;
	int r;

	do
		n = read(c->from, buffer, sizeof(buffer));
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	r = n < 0 ? -errno : n == 0 ? 0 : write_all(c->to, buffer, (size_t)n);
	if (n > 0 && r >= 0)
		return 1;
	c->error = r;
	close_fd(&c->from);
	return 0;
}
