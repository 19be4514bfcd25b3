/*
 * gate.c - a connection whose first bytes decide whether it may go on, or each request to a proxy.
 *
 * The bytes are peeked at, so that what passes is carried as on any other connection. The other
 * direction is not held back, since some servers speak first, but for a proxy's answer that a tunnel
 * depends on.
 */
#include "gateway/gate.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/proxy.h"

struct gate {
	struct endpoint to;
	enum verdict verdict; /* on the whole connection, or on what is in the tunnel */
	bool proxied;
	bool asked; /* a request has passed: its answer may be on its way to the box */
	bool held;  /* gate_is_held() */
	struct proxy proxy;
	struct proxy_target target; /* of the last request */
};

static uint8_t data[FLIGHT_MAX];

struct gate *gate_new(const struct endpoint *to, enum verdict verdict)
{
	struct gate *g;

	if (verdict != VERDICT_CHECKED && verdict != VERDICT_PROXY)
		return NULL;
	g = xcalloc(1, sizeof(*g));
	g->to = *to;
	g->verdict = verdict;
	g->proxied = verdict == VERDICT_PROXY;
	return g;
}

static enum gate_says look_at_flight(const struct gate *g, size_t n, bool ended)
{
	char name[NET_NAME_MAX];
	enum flight flight = flight_read(data, n, name);
	bool allowed;

	if (flight == FLIGHT_MORE && !ended && n < sizeof(data))
		return GATE_WAITS;
	allowed = g->proxied ? verdict_of_tunnel(&g->target, flight, name)
			     : verdict_of_flight(&g->to, flight, name);
	return allowed ? GATE_OPEN : GATE_REFUSES;
}

static enum gate_says look_at_request(struct gate *g, size_t n, bool ended, uint64_t *ret_n)
{
	if (g->proxy.state == PROXY_ENDED)
		return GATE_REFUSES;
	switch (proxy_read(&g->proxy, data, n, ret_n, &g->target)) {
	case PROXY_MORE:
		/* Before the proxy has made a tunnel, it reads requests: so nothing passes. */
		g->held = g->proxy.state == PROXY_ANSWER || g->proxy.state == PROXY_NO_TUNNEL;
		if (g->held)
			return GATE_WAITS;
		return ended || n == sizeof(data) ? GATE_REFUSES : GATE_WAITS;
	case PROXY_PASS:
		return GATE_PASSES;
	case PROXY_ASKS:
		g->verdict = verdict_of_target(&g->target, &g->to);
		if (g->verdict == VERDICT_REFUSED)
			return GATE_REFUSES;
		g->asked = true;
		return GATE_PASSES;
	case PROXY_BAD:
		break;
	}
	verdict_of_target(NULL, &g->to);
	return GATE_REFUSES;
}

enum gate_says gate_look(struct gate *g, int fd, bool ended, uint64_t *ret_n)
{
	ssize_t n = recv(fd, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT);

	g->held = false;
	if (n == 0)
		return GATE_OPEN; /* nothing was said */
	if (n < 0)
		return errno == EAGAIN ? GATE_WAITS : GATE_REFUSES;
	if (g->proxied && g->proxy.state == PROXY_TUNNEL && g->verdict == VERDICT_ALLOWED)
		return GATE_OPEN;
	return g->proxied && g->proxy.state != PROXY_TUNNEL
		       ? look_at_request(g, (size_t)n, ended, ret_n)
		       : look_at_flight(g, (size_t)n, ended);
}

bool gate_is_held(const struct gate *g)
{
	return g->held;
}

enum gate_says gate_look_back(struct gate *g, int fd, bool ended, uint64_t *ret_n)
{
	ssize_t n = 0;

	if (g->proxied && g->proxy.state == PROXY_ANSWER) {
		n = recv(fd, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN ? GATE_WAITS : GATE_PASSES;
	}
	if (proxy_read_answer(&g->proxy, data, (size_t)n, ret_n) == PROXY_PASS)
		return GATE_PASSES;
	if (!ended && n < (ssize_t)sizeof(data))
		return GATE_WAITS;
	g->proxy.state = PROXY_ENDED;
	return GATE_PASSES;
}

/* As the answer to another request it would be taken for a part of that. */
bool gate_explain(const struct gate *g, int fd)
{
	static const char head[] =
		"HTTP/1.1 403 Forbidden by sandbox\r\nContent-Type: text/plain\r\n"
		"Connection: close\r\nContent-Length: ";
	cleanup_buf struct buf why = BUF_INIT, text = BUF_INIT;

	if (!g->proxied || g->asked)
		return false;
	verdict_explain(&why);
	buf_addf(&text, "%s%zu\r\n\r\n%s", head, why.len, why.data);
	while (recv(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	return send(fd, text.data, text.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)text.len;
}
