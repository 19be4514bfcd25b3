/*
 * dns_message.c - reading and building the messages of the name server.
 */
#include "gateway/dns_message.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#define RESPONSE  0x8000
#define OPCODE	  0x7800
#define RECURSION 0x0100
#define AVAILABLE 0x0080
#define CLASS_IN  1
#define LOCAL_TTL 0 /* seconds: the host's file may change at any time */
#define POINTER	  0xc0
#define LABEL_MAX 63
#define HINT4	  4 /* RFC 9460 14.3.2 */
#define HINT6	  6

struct reader {
	const uint8_t *data;
	size_t len, at;
	bool bad; /* something did not fit; everything is 0 from then on */
};

/* Of a resource record. */
struct record {
	char owner[DNS_NAME_MAX];
	uint16_t type, class;
	size_t data, size;
};

static uint16_t take16(struct reader *r)
{
	uint16_t v;

	if (r->bad || r->len - r->at < 2) {
		r->bad = true;
		return 0;
	}
	v = (uint16_t)(r->data[r->at] << 8 | r->data[r->at + 1]);
	r->at += 2;
	return v;
}

static void skip(struct reader *r, size_t n)
{
	if (r->bad || r->len - r->at < n)
		r->bad = true;
	else
		r->at += n;
}

/* Appends a label to a name of *len bytes. False: it is too long. */
static bool add_label(char *name, size_t *len, const uint8_t *label, size_t n, bool *odd)
{
	if (*len + (*len > 0) + n >= DNS_NAME_MAX)
		return false;
	if (*len > 0)
		name[(*len)++] = '.';
	for (size_t i = 0; i < n; i++) {
		unsigned char c = label[i];

		*odd |= c >= 0x80 || !(isalnum(c) || c == '-' || c == '_');
		name[(*len)++] = (char)tolower(c);
	}
	return true;
}

/*
 * A name, from r->at on, which is moved behind it. Each pointer leads to before the one that was
 * followed last, so there is an end.
 */
static void take_name(struct reader *r, bool pointers, char *ret, bool *ret_odd)
{
	size_t at = r->at, before = r->at, len = 0;
	bool moved = false, odd = false;

	for (;;) {
		uint8_t n = !r->bad && at < r->len ? r->data[at] : POINTER;

		if (n == 0) {
			at++;
			break;
		}
		if (n <= LABEL_MAX && r->len - at > n &&
		    add_label(ret, &len, r->data + at + 1, n, &odd)) {
			at += 1u + n;
			continue;
		}
		if (r->bad || !pointers || (n & POINTER) != POINTER || r->len - at < 2) {
			r->bad = true;
			break;
		}
		if (!moved)
			r->at = at + 2;
		moved = true;
		at = (size_t)(n & ~POINTER) << 8 | r->data[at + 1];
		if (at >= before) {
			r->bad = true;
			break;
		}
		before = at;
	}
	if (!moved)
		r->at = at;
	ret[len] = '\0';
	if (odd || r->bad)
		memcpy(ret, "?", sizeof("?"));
	*ret_odd = odd;
}

static bool take_record(struct reader *r, struct record *ret)
{
	bool odd;

	take_name(r, true, ret->owner, &odd);
	ret->type = take16(r);
	ret->class = take16(r);
	skip(r, 4); /* the time to live */
	ret->size = take16(r);
	ret->data = r->at;
	skip(r, ret->size);
	return !r->bad;
}

bool dns_read_query(const uint8_t *data, size_t len, struct dns_question *ret,
		    enum dns_code *ret_code)
{
	struct reader r = {.data = data, .len = len, .at = sizeof(ret->id)};
	uint16_t flags, questions, others, more;
	struct record ignored;

	if (len < DNS_HEADER)
		return false;
	flags = take16(&r);
	questions = take16(&r);
	others = take16(&r);
	others |= take16(&r);
	more = take16(&r); /* additional: EDNS, signatures */
	if (flags & RESPONSE)
		return false;
	*ret = (struct dns_question){.end = DNS_HEADER};
	memcpy(&ret->id, data, sizeof(ret->id));
	*ret_code = flags & OPCODE ? DNS_NOT_DONE : DNS_MALFORMED;
	if (flags & OPCODE || questions != 1 || others)
		return true;
	take_name(&r, false, ret->name, &ret->odd);
	ret->type = take16(&r);
	ret->class = take16(&r);
	ret->end = r.at;
	while (more-- > 0 && take_record(&r, &ignored))
		;
	if (!r.bad && r.at == len)
		*ret_code = DNS_OK;
	else
		ret->end = DNS_HEADER;
	return true;
}

static void add_address(struct dns_addresses *to, const uint8_t *addr, size_t size)
{
	if (to->n == DNS_ADDRESSES)
		to->more = true;
	else
		to->at[to->n++] = size == 4 ? endpoint_ipv4(addr, 0) : endpoint_ipv6(addr, 0);
}

/* The hints of SVCB and HTTPS: addresses without a question of their own. */
static void take_hints(struct reader r, struct dns_addresses *to)
{
	char target[DNS_NAME_MAX];
	bool odd;

	skip(&r, 2); /* priority */
	take_name(&r, false, target, &odd);
	while (!r.bad && r.at < r.len) {
		uint16_t key = take16(&r), size = take16(&r);
		size_t step = key == HINT4 ? 4 : key == HINT6 ? 16 : 0, at = r.at;

		skip(&r, size);
		for (size_t i = 0; !r.bad && step && i + step <= size; i += step)
			add_address(to, r.data + at + i, step);
	}
}

static bool same_question(const uint8_t *a, const uint8_t *b, size_t end)
{
	size_t name_end = end - 4;

	/* Servers keep the case, but need not. */
	for (size_t i = DNS_HEADER; i < name_end; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return memcmp(a + name_end, b + name_end, 4) == 0;
}

/* One record of the answer; *owner is the name that is looked for, and follows its aliases. */
static void read_record(const struct reader *r, const struct record *record, char *owner,
			struct dns_addresses *to)
{
	struct reader inner = {.data = r->data, .len = record->data + record->size};
	bool odd;

	inner.at = record->data;
	if (record->class != CLASS_IN || strcmp(record->owner, owner) != 0)
		return;
	if (record->type == DNS_CNAME)
		take_name(&inner, true, owner, &odd);
	else if ((record->type == DNS_A && record->size == 4) ||
		 (record->type == DNS_AAAA && record->size == 16))
		add_address(to, r->data + record->data, record->size);
	else if (record->type == DNS_SVCB || record->type == DNS_HTTPS)
		take_hints(inner, to);
}

bool dns_read_answer(const uint8_t *data, size_t len, const uint8_t *query, size_t query_len,
		     struct dns_addresses *ret)
{
	struct reader r = {.data = data, .len = len, .at = sizeof(uint16_t)};
	struct dns_question q;
	struct dns_addresses found = {0};
	uint16_t flags, questions, answers;
	struct record record;
	enum dns_code code;

	if (len < DNS_HEADER || !dns_read_query(query, query_len, &q, &code) || code != DNS_OK ||
	    memcmp(data, query, sizeof(q.id)) != 0)
		return false;
	flags = take16(&r);
	questions = take16(&r);
	answers = take16(&r);
	if (!(flags & RESPONSE))
		return false;
	/* A server that does not understand the query may leave its question out. */
	if (questions == 0 && answers == 0 && len == DNS_HEADER) {
		*ret = found;
		return true;
	}
	if (questions != 1 || len < q.end || !same_question(data, query, q.end))
		return false;
	r.at = q.end;
	while (answers-- > 0) {
		if (!take_record(&r, &record))
			return false;
		read_record(&r, &record, q.name, &found);
	}
	*ret = found;
	return true;
}

static size_t put16(uint8_t *out, size_t at, uint16_t v)
{
	out[at] = (uint8_t)(v >> 8);
	out[at + 1] = (uint8_t)v;
	return at + 2;
}

size_t dns_build_answer(const uint8_t *query, const struct dns_question *q, enum dns_code code,
			const struct endpoint *address, uint8_t *out)
{
	bool ipv4 = address && endpoint_is_ipv4(address);
	size_t size = ipv4 ? 4 : 16, at = q->end;
	uint16_t flags = (uint16_t)(RESPONSE | AVAILABLE | code |
				    (query[2] & ((RECURSION | OPCODE) >> 8)) << 8);

	memcpy(out, query, q->end);
	put16(out, 2, flags);
	put16(out, 4, q->end > DNS_HEADER);
	put16(out, 6, address != NULL);
	memset(out + 8, 0, 4);
	if (!address)
		return at;
	at = put16(out, at, POINTER << 8 | DNS_HEADER);
	at = put16(out, at, ipv4 ? DNS_A : DNS_AAAA);
	at = put16(out, at, CLASS_IN);
	at = put16(out, at, 0);
	at = put16(out, at, LOCAL_TTL);
	at = put16(out, at, (uint16_t)size);
	memcpy(out + at, ipv4 ? endpoint_ipv4_bytes(address) : address->addr.s6_addr, size);
	return at + size;
}
