/*
 * overrides.h - options shared by several commands, and options that set a key of [sandbox].
 */
#ifndef CLI_OVERRIDES_H
#define CLI_OVERRIDES_H

#include "base/mem.h"
#include "cli/options.h"
#include "config/keys.h"

/* Rows of an option table; s is the command's options struct, m the member. */
#define OPT_ROOT(s, m)                                                                    \
	{                                                                                 \
		.letter = 'r', .name = "root",                                            \
		.help = "be root inside, which is still only you outside", OPT_FLAG(s, m) \
	}
#define OPT_USER(s, m)                                                                 \
	{                                                                              \
		.letter = 'u', .name = "user", .arg = "USER[:GROUP]",                  \
		.help = "be this user of the box, by name or number", OPT_STRING(s, m) \
	}
#define OPT_IMAGE(s, m)                                                                            \
	{                                                                                          \
		.letter = 'i', .name = "image", .arg = "IMAGE", .help = "make the box from IMAGE", \
		.word = WORD_IMAGE, OPT_STRING(s, m)                                               \
	}
#define OPT_PROFILE(s, m)                                                     \
	{                                                                     \
		.name = "profile", .arg = "PROFILE", .help = "add a profile", \
		.word = WORD_PROFILE, OPT_LIST(s, m)                          \
	}
#define OPT_PUBLISH(s, m)                                                               \
	{                                                                               \
		.letter = 'p', .name = "publish", .arg = "[HOST:]PORT",                 \
		.help = "let a port of the host lead to one of the box", OPT_LIST(s, m) \
	}
#define OPT_MOUNT(s, m)                                                                            \
	{                                                                                          \
		.letter = 'm', .name = "mount", .arg = "SOURCE:TARGET[:ro]",                       \
		.help = "mount a file or directory of the host", .word = WORD_FILE, OPT_LIST(s, m) \
	}
#define OPT_VOLUME(s, m)                                                             \
	{                                                                            \
		.letter = 'v', .name = "volume", .arg = "SOURCE:TARGET[:ro]",        \
		.help = "the same as for Docker; a NAME is kept", .word = WORD_FILE, \
		OPT_LIST(s, m)                                                       \
	}
#define OPT_LEARN(s, m)                                                                          \
	{                                                                                        \
		.name = "learn", .help = "open the network, and print the rules that it needed", \
		OPT_FLAG(s, m)                                                                   \
	}
#define OPT_VARIANT(s, m)                                                                   \
	{                                                                                   \
		.name = "variant", .arg = "NAME", .help = "apply the variant's [env:NAME]", \
		OPT_STRING(s, m)                                                            \
	}
#define OPT_CONFIG(s, m)                                                                    \
	{                                                                                   \
		.name = "config", .arg = "NAME",                                            \
		.help = "use the devcontainer.json of .devcontainer/NAME", OPT_STRING(s, m) \
	}
#define OPT_NETWORK(s, m)                                                    \
	{                                                                    \
		.letter = 'n', .name = "network", .arg = "DRIVER",           \
		.help = "gateway, host, none or pasta", .word = WORD_CHOICE, \
		.choices = NETWORK_CHOICES, OPT_STRING(s, m)                 \
	}
#define OPT_WORKDIR(s, m)                                                      \
	{                                                                      \
		.letter = 'w', .name = "workdir", .arg = "DIR",                \
		.help = "start in this directory of the box", OPT_STRING(s, m) \
	}
#define OPT_ENV(s, m)                                                        \
	{                                                                    \
		.letter = 'e', .name = "env", .arg = "NAME[=VALUE]",         \
		.help = "set a variable, or pass the host's", OPT_LIST(s, m) \
	}

#define OPT_OF_PROJECT(s, m)                                                      \
	{                                                                         \
		.name = "project", .arg = "PROJECT",                              \
		.help = "whose services; default: the project of this directory", \
		.word = WORD_PROJECT, OPT_STRING(s, m)                            \
	}

#define OPT_ACCEPT(s, m)                                                             \
	{                                                                            \
		.name = "accept",                                                    \
		.help = "let the project have what it now asks for of this machine", \
		OPT_FLAG(s, m)                                                       \
	}

/* The words of KEY_NETWORK, as a test proves, for completion and checks. */
#define NETWORK_CHOICES "gateway host none pasta"

/* Refuses an invalid --user, with a message; NULL is fine. */
int overrides_check_user(bool root, const char *user, struct err *e);

/* Appends "key=value" of a key of [sandbox], unless value is NULL. */
void overrides_add(struct strv *overrides, enum schema_id id, const char *value);

#endif
