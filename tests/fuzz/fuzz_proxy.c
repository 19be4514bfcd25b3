/*
 * fuzz_proxy.c - any bytes as what a box sends to a proxy: nothing is read outside them, a name is
 * one, and it makes no difference in how many pieces they come.
 *
 * The first byte says what the proxy answers to CONNECT, the second how large the pieces are.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const answers[] = {
	"HTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.0 407 No\r\nContent-Length: 3\r\n\r\nabc",
	"HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 100 Continue\r\n\r\n",
	"SSH-2.0",
};

/* In memory of exactly that size, so that the sanitizer sees a byte too far. */
static enum proxy_says read_exactly(struct proxy *p, const uint8_t *data, size_t len,
				    uint64_t *pass, struct proxy_target *target)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum proxy_says says;

	if (!copy)
		abort();
	memcpy(copy, data, len);
	says = proxy_read(p, copy, len, pass, target);
	free(copy);
	return says;
}

static void check(const struct proxy_target *target)
{
	if (target->name[0] && !net_rule_is_name(target->name))
		abort();
	if (target->at.port == 0)
		abort();
}

/* What has passed until it was bad, or the end; *ret_tunnel: after that anything may. */
static uint64_t run(const char *answer, const uint8_t *data, size_t size, size_t piece,
		    bool *ret_tunnel)
{
	struct proxy p = {0};
	struct proxy_target target;
	uint64_t at = 0, pass = 0;
	size_t there = 0;

	while (at < size && p.state != PROXY_TUNNEL) {
		enum proxy_says says;

		if (p.state == PROXY_ANSWER || p.state == PROXY_NO_TUNNEL) {
			if (proxy_read_answer(&p, (const uint8_t *)answer, strlen(answer), &pass) ==
			    PROXY_MORE)
				break;
			continue;
		}
		there = there < at ? (size_t)at : there;
		says = read_exactly(&p, data + at, there - (size_t)at, &pass, &target);
		if (says == PROXY_BAD || (says == PROXY_MORE && there == size))
			break;
		if (says == PROXY_MORE) {
			there = size - there < piece ? size : there + piece;
			continue;
		}
		if (pass == 0)
			abort();
		if (says == PROXY_ASKS)
			check(&target);
		at += pass;
	}
	*ret_tunnel = p.state == PROXY_TUNNEL;
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *answer;
	bool whole, parts;

	if (size < 2)
		return 0;
	answer = answers[data[0] % (sizeof(answers) / sizeof(answers[0]))];
	if (run(answer, data + 2, size - 2, size, &whole) !=
		    run(answer, data + 2, size - 2, data[1] % 32 + 1, &parts) ||
	    whole != parts)
		abort();
	return 0;
}
