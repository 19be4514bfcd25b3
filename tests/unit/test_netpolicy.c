/*
 * test_netpolicy.c - rules of [network]: what is a word, what it covers, what wins.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "netpolicy/netpolicy.h"

static void a_word_is_read_and_written_in_one_way(void **state)
{
	static const char *const words[][2] = {
		{"GitHub.com", "github.com"},
		{"*.Debian.org:443", "*.debian.org:443"},
		{"raw:a_b.example:22", "raw:a_b.example:22"},
		{"10.0.0.141:22", "10.0.0.141:22"},
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"0.0.0.0/0:53", "0.0.0.0/0:53"},
		{"raw:10.0.0.1", "10.0.0.1"},
		{"2001:DB8::1", "2001:db8::1"},
		{"[2001:db8::1]", "2001:db8::1"},
		{"[2001:db8::]/32:443", "[2001:db8::]/32:443"},
		{"::/0", "::/0"},
		{"host.sandbox:5432", "host.sandbox:5432"},
		{"xn--bcher-kva.example", "xn--bcher-kva.example"},
	};
	static const char *const bad[] = {
		"",
		"*",
		"a..b",
		".a",
		"a.",
		"a b",
		"b\303\274cher.example",
		"http://a",
		"a/b",
		"*a.b",
		"a.*.b",
		"a:0",
		"a:65536",
		"a:x",
		"a:",
		"10.0.0.1/8",
		"10.0.0.0/33",
		"10.0.0.0/",
		"10.0.0.256",
		"1.2.3",
		"[10.0.0.1]:80",
		"[::1",
		"::1]:80",
		"[::1]x",
		"host.sandbox",
		"x.sandbox:1",
		"*.host.sandbox:1",
		"raw:",
		"2001:db8::/129",
		"a:80:90",
	};
	char text[NET_RULE_MAX];
	struct net_rule rule;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		assert_int_equal(net_rule_parse(words[i][0], &rule, &e), 0);
		assert_string_equal(net_rule_format(&rule, text), words[i][1]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (net_rule_parse(bad[i], &rule, &e) == 0)
			fail_msg("'%s' is taken", bad[i]);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_true(net_rule_parse(text, &rule, &e) < 0);
}

static struct netpolicy *made_of(const char *const *allow, const char *const *deny)
{
	struct netpolicy *p = netpolicy_new();
	struct err e;

	for (; *allow; allow++)
		assert_int_equal(netpolicy_add(&p, *allow, false, &e), 0);
	for (; *deny; deny++)
		assert_int_equal(netpolicy_add(&p, *deny, true, &e), 0);
	assert_true(netpolicy_is_whole(p, netpolicy_size(p)));
	assert_false(netpolicy_is_whole(p, netpolicy_size(p) - 1));
	return p;
}

static enum netpolicy_says of_address(const struct netpolicy *p, const char *text, uint16_t port)
{
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff};

	if (inet_pton(AF_INET, text, addr + 12) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
	return netpolicy_address(p, addr, port, 0);
}

static void names_are_allowed_below_and_by_port_and_what_is_denied_wins(void **state)
{
	cleanup_free struct netpolicy *p = made_of(
		(const char *[]){"a.b", "*.b:443", "*.c", "ssh.c:22", "raw:r.c", "dot.b:853", NULL},
		(const char *[]){"x.c", "y.c:80", NULL});
	static const struct {
		const char *name;
		uint16_t port;
		enum netpolicy_says says;
	} expected[] = {
		{"a.b", 80, NETPOLICY_CHECKED},	   {"a.b", 0, NETPOLICY_CHECKED},
		{"a.b", 53, NETPOLICY_NO_RULE},	   {"a.b", 853, NETPOLICY_NO_RULE},
		{"dot.b", 853, NETPOLICY_PORT},	   {"z.a.b", 443, NETPOLICY_CHECKED},
		{"z.a.b", 80, NETPOLICY_NO_RULE},  {"b", 443, NETPOLICY_NO_RULE},
		{"ab.b.c", 80, NETPOLICY_CHECKED}, {"xb", 443, NETPOLICY_NO_RULE},
		{"ssh.c", 22, NETPOLICY_PORT},	   {"ssh.c", 23, NETPOLICY_CHECKED},
		{"r.c", 443, NETPOLICY_RAW},	   {"x.c", 443, NETPOLICY_DENIED},
		{"x.c", 0, NETPOLICY_DENIED},	   {"y.c", 80, NETPOLICY_DENIED},
		{"y.c", 0, NETPOLICY_CHECKED},	   {".c", 80, NETPOLICY_NO_RULE},
		{"", 0, NETPOLICY_NO_RULE},
	};

	(void)state;
	assert_true(netpolicy_looks_at_names(p));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		if (netpolicy_name(p, expected[i].name, expected[i].port) != expected[i].says)
			fail_msg("%s:%u", expected[i].name, expected[i].port);
}

static void addresses_are_allowed_by_network_and_port(void **state)
{
	cleanup_free struct netpolicy *p = made_of(
		(const char *[]){"10.0.0.0/9", "10.200.0.1:22", "2001:db8::/33", "[::]/0:9",
				 "host.sandbox:1", NULL},
		(const char *[]){"10.0.0.7", "10.0.0.8:80", "host.sandbox:2", "host.sandbox:1",
				 NULL});

	(void)state;
	assert_int_equal(of_address(p, "10.127.255.255", 80), NETPOLICY_RAW);
	assert_int_equal(of_address(p, "10.128.0.0", 80), NETPOLICY_NO_RULE);
	assert_int_equal(netpolicy_address(p, (const uint8_t[16]){[10] = 0xff, 0xff, 10}, 80, 105),
			 NETPOLICY_RAW);
	assert_int_equal(netpolicy_address(p, (const uint8_t[16]){[10] = 0xff, 0xff, 10}, 80, 106),
			 NETPOLICY_NO_RULE);
	assert_int_equal(of_address(p, "10.200.0.1", 22), NETPOLICY_RAW);
	assert_int_equal(of_address(p, "10.200.0.1", 23), NETPOLICY_NO_RULE);
	assert_int_equal(of_address(p, "10.0.0.7", 80), NETPOLICY_DENIED);
	assert_int_equal(of_address(p, "10.0.0.8", 80), NETPOLICY_DENIED);
	assert_int_equal(of_address(p, "10.0.0.8", 81), NETPOLICY_RAW);
	assert_int_equal(of_address(p, "11.0.0.1", 9), NETPOLICY_NO_RULE);
	assert_int_equal(of_address(p, "::2", 9), NETPOLICY_RAW);
	assert_int_equal(of_address(p, "2001:db8:7fff::1", 1), NETPOLICY_RAW);
	assert_int_equal(of_address(p, "2001:db8:8000::1", 1), NETPOLICY_NO_RULE);
	assert_false(netpolicy_host(p, 1));
	assert_false(netpolicy_host(p, 2));
	assert_false(netpolicy_looks_at_names(p));
}

static void a_policy_has_an_end(void **state)
{
	cleanup_free struct netpolicy *p = netpolicy_new();
	struct err e;

	(void)state;
	for (int i = 0; i < NETPOLICY_RULES_MAX; i++)
		assert_int_equal(netpolicy_add(&p, "a.b", false, &e), 0);
	assert_true(netpolicy_add(&p, "a.b", false, &e) < 0);
	assert_true(netpolicy_size(p) < 200000);
}

static void proxies_stand_beside_the_rules(void **state)
{
	static const char *const none[] = {NULL}, *const deny[] = {"*.evil", "host.sandbox:81",
								   NULL};
	static const char *const words[] = {"Proxy.corp:3128",
					    "proxy.corp:3128",
					    "host.sandbox:80",
					    "10.0.0.5:8080", /* four of which three count */
					    "proxy.corp",
					    "a.evil:80",
					    "host.sandbox:81",
					    "*.a:80",
					    "me@a:80",
					    "a:0",
					    ""};
	cleanup_free struct netpolicy *p = made_of(none, deny), *without = made_of(none, deny);
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff, 10, 0, 0, 5};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		netpolicy_add_proxy(&p, words[i]);
	assert_int_equal(p->n_proxies, 3);
	assert_true(netpolicy_is_whole(p, netpolicy_size(p)));
	assert_true(netpolicy_is_same(p, without));
	assert_true(netpolicy_is_proxy_name(p, "proxy.corp", 3128));
	assert_true(netpolicy_is_proxy_name(p, "proxy.corp", 0));
	assert_false(netpolicy_is_proxy_name(p, "proxy.corp", 80));
	assert_true(netpolicy_is_proxy_host(p, 80));
	assert_false(netpolicy_is_proxy_host(p, 81));
	assert_true(netpolicy_is_proxy_address(p, addr, 8080));
	assert_false(netpolicy_host(p, 80));
	assert_int_equal(netpolicy_name(p, "proxy.corp", 3128), NETPOLICY_NO_RULE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_is_read_and_written_in_one_way),
		cmocka_unit_test(names_are_allowed_below_and_by_port_and_what_is_denied_wins),
		cmocka_unit_test(addresses_are_allowed_by_network_and_port),
		cmocka_unit_test(a_policy_has_an_end),
		cmocka_unit_test(proxies_stand_beside_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
