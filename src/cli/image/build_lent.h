/*
 * build_lent.h - the values of --secret and --ssh.
 */
#ifndef CLI_IMAGE_BUILD_LENT_H
#define CLI_IMAGE_BUILD_LENT_H

#include "base/mem.h"
#include "build/engine/build_request.h"

struct build_lent_list {
	struct build_lent *v;
	size_t n;
};

/* "id=ID[,src=FILE|,env=NAME]"; ERR_USAGE. Without either, ID is a variable or a file. */
int build_lent_secrets(const struct strv *words, struct build_lent_list *ret, struct err *e);

/* "ID[=SOCKET]"; ERR_USAGE. */
int build_lent_agents(const struct strv *words, struct build_lent_list *ret, struct err *e);
void build_lent_clear(struct build_lent_list *l);

#endif
