/*
 * fuzz_net_rule.c - any text as a word of [network]: what is taken is written in one way, and means
 * the same when it is read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netpolicy/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char word[1024] = "", text[NET_RULE_MAX];
	struct net_rule rule, again;
	struct err e;

	if (size >= sizeof(word))
		return 0;
	memcpy(word, data, size);
	if (net_rule_parse(word, &rule, &e) < 0)
		return 0;
	rule.deny = false;
	net_rule_format(&rule, text);
	if (net_rule_parse(text, &again, &e) < 0 || memcmp(&rule, &again, sizeof(rule)) != 0)
		abort();
	return 0;
}
