/*
 * options.h - one table a command: its options, help text, completion and man-page check.
 *
 * A command is a `struct command` in its own cmd_*.c, declared in commands.h and listed in main.c.
 * Its options are stored in a struct of its own, which run() finds in args->options:
 *
 *	{.letter = 't', .name = "time", .arg = "SECONDS", .help = "wait so long",
 *	 OPT_NUMBER(struct stop_options, time)},
 *
 * Accepted are --opt VALUE, --opt=VALUE, -o VALUE, -oVALUE, -abc and `--`; if a single value is
 * given twice, the last one wins. Every command has --help, --quiet and --debug too.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

/* What a word of the command line is, for completion only. */
enum word {
	WORD_ANY,
	WORD_FILE,
	WORD_DIR,
	WORD_BOX,     /* an existing box */
	WORD_PROJECT, /* a box or a directory */
	WORD_IMAGE,
	WORD_PROFILE,
	WORD_SERVICE, /* a service of the project here */
	WORD_KEY,     /* a setting */
	WORD_COMMAND, /* a command of sandbox */
	WORD_PROGRAM, /* a program to run in a box */
	WORD_CHOICE,  /* one of `choices`; the parser refuses anything else */
};

/* How an option is stored: bool, const char * (into argv), struct strv, long (0 or more). */
enum opt_type { OPT_TYPE_FLAG, OPT_TYPE_STRING, OPT_TYPE_LIST, OPT_TYPE_NUMBER };
/* Texts: pointers are written at each start, and their pages belong to each process of a box. */
struct opt {
	char letter;   /* 0: none */
	char name[16]; /* long name, without dashes; "" ends a table */
	char arg[24];  /* name of the value in the help; "" for a flag */
	char help[80];
	enum opt_type type;
	unsigned offset; /* of the member in the command's options struct */
	enum word word;
	char choices[24]; /* separated by blanks, for WORD_CHOICE */
};

/* clang-format off */
/* offsetof(), refused by the compiler when the member has another type than `type`. */
#define OPT_OFFSET(s, member, type) (offsetof(s, member) + 0 * sizeof(char[ \
	__builtin_types_compatible_p(__typeof__(((s *)0)->member), type) ? 1 : -1]))
#define OPT_FLAG(s, m)	 .type = OPT_TYPE_FLAG, .offset = OPT_OFFSET(s, m, bool)
#define OPT_STRING(s, m) .type = OPT_TYPE_STRING, .offset = OPT_OFFSET(s, m, const char *)
#define OPT_LIST(s, m)	 .type = OPT_TYPE_LIST, .offset = OPT_OFFSET(s, m, struct strv)
#define OPT_NUMBER(s, m) .type = OPT_TYPE_NUMBER, .offset = OPT_OFFSET(s, m, long)
#define OPT_JSON(s, m)	 {.name = "json", .help = "print JSON", OPT_FLAG(s, m)}
#define OPTS_END	 {.name = ""}
/* clang-format on */

/* Where the command to run in a box begins. */
enum program_rule {
	PROGRAM_NONE,	      /* there is none; `--` only ends the options */
	PROGRAM_AFTER_DASHES, /* after `--`; before it options and words may be mixed */
	PROGRAM_AFTER_WORD,   /* after the first word, and a `--` directly after it */
	PROGRAM_VERBATIM,     /* after the first word, unparsed */
};

/* A parsed command line; strings point into argv. */
struct args {
	char **v; /* positional words, NULL-terminated */
	int n;
	char **program;	     /* the command to run, NULL-terminated; NULL if there is none */
	const void *options; /* the command's own options struct */
	bool help, quiet, debug;
};

#define WORDS_MAX 3
struct command {
	const char *name;    /* NULL for `sandbox` itself */
	const char *summary; /* one line, lower case, no full stop */
	const char *usage;   /* the rest of the usage line after `sandbox NAME` */
	const struct opt *options;
	size_t options_size;  /* of the options struct; 0: none */
	const void *defaults; /* initial options struct; NULL: all zero */
	enum program_rule program;
	int min_words, max_words;	   /* positional words; max -1: any number */
	enum word words[WORDS_MAX];	   /* what they are; the last one repeats */
	const char *choices;		   /* separated by blanks, for WORD_CHOICE in words */
	bool hidden;			   /* not in the help or the completion */
	bool raw;			   /* no parsing: all words are positional */
	const struct command *const *subs; /* NULL-terminated: its subcommands */
	const char *program_name;	   /* our program that runs it, or NULL: run() does */
	/* 0 with the exit status in *ret_status (0 if unchanged), or negative with e set. */
	int (*run)(const struct args *args, int *ret_status, struct err *e);
};

extern const struct opt common_options[]; /* options of every command; offsets into struct args */
/*
 * Parses argv (NULL-terminated, without the command's name). Every failure is ERR_USAGE. With
 * --help the number of words is not checked. Release *ret with args_clear().
 */
int args_parse(const struct command *cmd, int argc, char **argv, struct args *ret, struct err *e);
void args_clear(const struct command *cmd, struct args *args);

enum word command_word(const struct command *cmd, int i); /* positional word i */
/* Finds an option by long name or letter, including common ones; or NULL. */
const struct opt *opt_find(const struct command *cmd, const char *name, size_t len);
const struct opt *opt_find_letter(const struct command *cmd, char letter);

const char *command_last_name(const struct command *cmd); /* without its group's */
/* On stdout: usage, summary, commands, options; a list of commands; option tables, aligned. */
void command_print_help(const struct command *cmd);
void commands_print(const struct command *const *list);
void options_print(const struct opt *const *tables, size_t n);

#endif
