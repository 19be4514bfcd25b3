/*
 * init_text.h - the few words that `init` takes from files of other tools.
 *
 * Each function looks into the text of one file, which a stranger wrote, and takes a word or none;
 * nothing is an error. What comes out is one line without control characters.
 */
#ifndef CLI_INIT_INIT_TEXT_H
#define CLI_INIT_INIT_TEXT_H

#include <stdbool.h>

#include "base/mem.h"

/*
 * A Dockerfile: the image that each stage goes back to, in order; variables of FROM have their defaults
 * from ARG. One that cannot be told is "?". Beside each, the packages that its stage installs, with those
 * of the stages it is made upon: "apt NAME" and "apk NAME", separated by newlines.
 */
void init_text_dockerfile(const char *text, struct strv *ret_images, struct strv *ret_packages);

/* Replaces the last of packages: adds to it what a line of shell installs with apt-get, apt or apk. */
void init_text_installs(const char *line, struct strv *packages);

/* .nvmrc, .python-version and the like: the first word that is no comment. The caller frees; or NULL. */
char *init_text_first(const char *text);

/* .tool-versions: "tool version" lines; appends tool and version in turn. */
void init_text_tool_versions(const char *text, struct strv *out);

/* A section of a TOML file: appends keys and the first string, or bare word, of their values in turn. */
void init_text_toml(const char *text, const char *section, struct strv *out);
bool init_text_toml_has(const char *text, const char *section);

/* "go 1.22" of a go.mod. The caller frees; or NULL. */
char *init_text_go(const char *text);

/* The string behind "key" in a JSON file, within the object "within" unless NULL. The caller frees; or NULL. */
char *init_text_json(const char *text, const char *within, const char *key);

/* The names of the services of a compose file. */
void init_text_services(const char *text, struct strv *out);

/* The programs that a Makefile's rules name, each once. */
void init_text_makefile(const char *text, struct strv *out);

#endif
