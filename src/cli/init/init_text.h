/*
 * init_text.h - the few words that `init` takes from files of other tools.
 *
 * Each function searches the text of one untrusted file; nothing is an error. The results are
 * single lines without control characters.
 */
#ifndef CLI_INIT_INIT_TEXT_H
#define CLI_INIT_INIT_TEXT_H

#include <stdbool.h>

#include "base/mem.h"

/*
 * For a Dockerfile: the base image of each stage, in order; variables in FROM have their defaults
 * from ARG. An unknown one is "?". With each, the packages that its stage and the stages below it
 * install: "apt NAME" and "apk NAME", separated by newlines.
 */
void init_text_dockerfile(const char *text, struct strv *ret_images, struct strv *ret_packages);

/* Replaces the last of packages: adds what a shell line installs with apt-get, apt or apk. */
void init_text_installs(const char *line, struct strv *packages);

/*
 * For .nvmrc, .python-version and the like: the first word that is not a comment. The caller frees
 * it; or NULL.
 */
char *init_text_first(const char *text);

/* For .tool-versions with lines "tool version": appends tool and version in turn. */
void init_text_tool_versions(const char *text, struct strv *out);

/*
 * For a section of a TOML file: appends keys and the first string, or bare word, of their values in
 * turn.
 */
void init_text_toml(const char *text, const char *section, struct strv *out);
bool init_text_toml_has(const char *text, const char *section);

/* The version in "go 1.22" of a go.mod. The caller frees it; or NULL. */
char *init_text_go(const char *text);

/*
 * The string value of "key" in a JSON file, within the object "within" unless NULL. The caller
 * frees it; or NULL.
 */
char *init_text_json(const char *text, const char *within, const char *key);

/* The names of the services of a compose file. */
void init_text_services(const char *text, struct strv *out);

/* The programs named in a Makefile's rules, each once. */
void init_text_makefile(const char *text, struct strv *out);

#endif
