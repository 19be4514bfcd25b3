/*
 * fuzz_dns.c - any bytes as a message to or from a name server: nothing is read outside it, what is
 * built fits its question, and an answer is one to the query before it.
 *
 * The input is two bytes, the length of a query, the query, and an answer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/dns_message.h"
#include "gateway/local_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *name)
{
	if (strlen(name) >= DNS_NAME_MAX ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.?") != strlen(name))
		abort();
}

static void check_query(const uint8_t *query, size_t len)
{
	uint8_t out[DNS_HEADER + DNS_QUESTION_MAX + 28];
	struct dns_addresses found = {0};
	struct dns_question q;
	struct local_answer a = {0};
	enum dns_code code;

	if (!dns_read_query(query, len, &q, &code))
		return;
	check_name(q.name);
	if (q.end > len || q.end > DNS_HEADER + DNS_QUESTION_MAX ||
	    (code == DNS_OK) != (q.end > DNS_HEADER))
		abort();
	if (code == DNS_OK)
		(void)(local_names_own(&q, &a) || local_names_host(&q, &a));
	len = dns_build_answer(query, &q, code, a.has_address ? &a.address : NULL, out);
	if (len > sizeof(out) || memcmp(out, query, 2) != 0)
		abort();
	/* What is built is an answer to what it was built for. */
	if (q.end > DNS_HEADER && !a.has_address && code == DNS_OK &&
	    (!dns_read_answer(out, len, query, q.end, &found) && query[11] == 0))
		abort();
}

static void check_answer(const uint8_t *query, size_t query_len, const uint8_t *data, size_t len)
{
	struct dns_addresses found = {0};

	if (!dns_read_answer(data, len, query, query_len, &found))
		return;
	if (found.n > DNS_ADDRESSES || memcmp(query, data, 2) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len;

	local_names_parse("203.0.113.1 a b.c\n2001:db8::1 a\n");
	if (size < 2)
		return 0;
	len = (size_t)(data[0] << 8 | data[1]);
	data += 2;
	size -= 2;
	if (len > size)
		len = size;
	check_query(data, len);
	check_answer(data, len, data + len, size - len);
	return 0;
}
