/*
 * test_gateway_http.c - the names in the first bytes of a connection, and in requests to a proxy.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "gateway/flight.h"
#include "gateway/proxy.h"

#define GET "GET / HTTP/1.1\r\n"

static void the_host_of_a_request(void **state)
{
	static const struct {
		const char *text;
		enum flight says;
		const char *name;
	} rows[] = {
		{GET "Host: www.Example.test:80\r\n\r\n", FLIGHT_NAME, "www.example.test"},
		{GET "Accept: */*\r\nhost:example.test. \t\r\n\r\n", FLIGHT_NAME, "example.test"},
		{GET "Host: [::1]:80\r\n\r\n", FLIGHT_NONE, NULL},
		{GET "\r\n", FLIGHT_NONE, NULL},
		{GET "Host: example.test\r\n", FLIGHT_MORE, NULL},
		{"GET / HTT", FLIGHT_MORE, NULL},
		{"SSH-2.0-x\r\n", FLIGHT_NONE, NULL},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", FLIGHT_NONE, NULL},
		/* two programs could read these in two ways */
		{GET "Host: a.test\r\nHost: b.test\r\n\r\n", FLIGHT_BAD, NULL},
		{GET "X: 1\rHost: b.test\r\nHost: a.test\r\n\r\n", FLIGHT_BAD, NULL},
		{GET "X: 1\nHost: a.test\r\n\r\n", FLIGHT_BAD, NULL},
		{GET "Host : a.test\r\n\r\n", FLIGHT_BAD, NULL},
		{GET "Host: a.test\r\n b.test\r\n\r\n", FLIGHT_BAD, NULL},
		{GET "Host: a.test:x\r\n\r\n", FLIGHT_BAD, NULL},
		{GET "Host: a.test/\r\n\r\n", FLIGHT_BAD, NULL},
		{GET "Host: a.test:65536\r\n\r\n", FLIGHT_BAD, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char name[NET_NAME_MAX] = "";
		const uint8_t *data = (const uint8_t *)rows[i].text;

		assert_int_equal(flight_read(data, strlen(rows[i].text), name), rows[i].says);
		if (rows[i].name)
			assert_string_equal(name, rows[i].name);
	}
}

static void what_is_asked_of_a_proxy(void **state)
{
	static const struct {
		const char *text;
		enum proxy_says says;
		const char *name; /* "": an address */
		uint16_t port;
	} rows[] = {
		{"GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n", PROXY_ASKS, "a.test", 80},
		{"GET http://A.test:8080?x HTTP/1.1\r\n\r\n", PROXY_ASKS, "a.test", 8080},
		{"CONNECT a.test:443 HTTP/1.1\r\n\r\n", PROXY_ASKS, "a.test", 443},
		{"CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n", PROXY_ASKS, "", 443},
		{"GET http://192.0.2.1/ HTTP/1.1\r\n\r\n", PROXY_ASKS, "", 80},
		{"GET http://a.test/ HTTP/1.1\r\n", PROXY_MORE, NULL, 0},
		{GET "Host: a.test\r\n\r\n", PROXY_BAD, NULL, 0},
		{"CONNECT a.test HTTP/1.1\r\n\r\n", PROXY_BAD, NULL, 0},
		{"CONNECT a.test:0 HTTP/1.1\r\n\r\n", PROXY_BAD, NULL, 0},
		{"GET ftp://a.test/ HTTP/1.1\r\n\r\n", PROXY_BAD, NULL, 0},
		{"GET http://b@a.test/ HTTP/1.1\r\n\r\n", PROXY_BAD, NULL, 0},
		{"GET http://a.test\\@b.test/ HTTP/1.1\r\n\r\n", PROXY_BAD, NULL, 0},
		{"GET http://a.test#.b.test/ HTTP/1.1\r\n\r\n", PROXY_BAD, NULL, 0},
		{"GET http://127.1/ HTTP/1.1\r\n\r\n", PROXY_BAD, NULL, 0},
		{"GET http://0x7f000001/ HTTP/1.1\r\n\r\n", PROXY_BAD, NULL, 0},
		{"GET http://a.test/\thttp://b.test/ HTTP/1.1\r\n\r\n", PROXY_BAD, NULL, 0},
		{"GET http://a.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n", PROXY_BAD, NULL, 0},
		{"GET http://a.test/ HTTP/1.1\r\nX: 1\rHost: b.test\r\n\r\n", PROXY_BAD, NULL, 0},
		{"POST http://a.test/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		 PROXY_BAD, NULL, 0},
		{"POST http://a.test/ HTTP/1.1\r\nContent-Length: 1\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n",
		 PROXY_BAD, NULL, 0},
		{"POST http://a.test/ HTTP/1.1\r\nContent-Length: +1\r\n\r\n", PROXY_BAD, NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint8_t *data = (const uint8_t *)rows[i].text;
		struct proxy_target target = {0};
		struct proxy p = {0};
		uint64_t pass = 0;

		assert_int_equal(proxy_read(&p, data, strlen(rows[i].text), &pass, &target),
				 rows[i].says);
		if (!rows[i].name)
			continue;
		assert_string_equal(target.name, rows[i].name);
		assert_int_equal(ntohs(target.at.port), rows[i].port);
		assert_int_equal(pass, strlen(rows[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_of_a_request),
		cmocka_unit_test(what_is_asked_of_a_proxy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
