/*
 * seccomp_gen.c - compiles the policy to BPF; runs on the building machine, during the build.
 *
 *	seccomp_gen [ARCH]          prints seccomp_filters.h: every variant, for ARCH and for the
 *	                            32-bit architecture that its kernel also runs
 *	seccomp_gen --names [ARCH]  prints seccomp_names_table.h, for seccomp_names.c
 *	seccomp_gen --table [ARCH]  prints each call's number and its answer in the variants
 *
 * ARCH is libseccomp's name for it (x86_64, aarch64), by default the building machine's.
 *
 * libseccomp provides the numbers of the names, so that none is typed by hand; the programs are our
 * own. libseccomp's rules are ANDs of 64-bit comparisons with one answer for everything that does
 * not match: "every ioctl but these two, by the low 32 bits" and "unknown is ENOSYS, another family
 * is EAFNOSUPPORT" would need a rule for each bit. Its programs are also several times as long, and
 * installing a filter costs 0.2 us an instruction, most of it for the kernel's JIT.
 *
 * Hence the structure of a program: check the architecture, then find the number in a tree of
 * ranges with the same answer; a lone number inside a range is one comparison; returns are shared,
 * and so are tests of arguments. seccomp_tree.c chooses the tree that is installed fastest. When a
 * filter is installed the kernel runs it once for each number, and remembers which calls are always
 * allowed (seccomp_cache_prepare(), Linux 5.11); it can do so only with these instructions: loads
 * of nr and arch, jumps, AND and returns of constants.
 *
 * A conditional jump reaches 255 instructions forward. Code is therefore built from its end: the
 * target of a jump already exists, and a jump that is too far gets an unconditional one in between.
 */
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "launch/seccomp_policy.h"
#include "launch/seccomp_tree.h"

/* How far a conditional jump may go: 255, less what emit_jump() may put in between. */
#define REACH 250

/* Numbers to look for; arm's own begin at __ARM_NR_BASE (0x0f0000, asm/unistd.h). */
static const struct {
	uint32_t first, end;
} windows[] = {{0, 1024}, {0x0f0000, 0x0f0010}};

/*
 * Tests of arguments already in the program: arguments have the same offsets in every architecture.
 */
struct tested {
	const struct seccomp_test *tests;
	uint32_t answer;
	size_t head;
};

/* The last instruction first: insn[i] can jump to insn[i - 1] and below. */
struct code {
	struct sock_filter insn[BPF_MAXINSNS];
	size_t n;
	struct tested rules[64];
	size_t n_rules;
};

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("seccomp_gen: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

/* Puts an instruction before all others; returns its index. */
static size_t emit(struct code *code, unsigned int op, size_t k, size_t jt, size_t jf)
{
	if (code->n == BPF_MAXINSNS)
		fail("the filter is longer than %d instructions", BPF_MAXINSNS);
	code->insn[code->n] = (struct sock_filter)BPF_JUMP((uint16_t)op, (uint32_t)k, (uint8_t)jt,
							   (uint8_t)jf);
	return code->n++;
}

/* Returns target, or an unconditional jump to it if a conditional one cannot reach it. */
static size_t in_reach(struct code *code, size_t target)
{
	if (code->n - target <= REACH)
		return target;
	return emit(code, BPF_JMP | BPF_JA, code->n - target - 1, 0, 0);
}

static size_t emit_jump(struct code *code, unsigned int op, uint32_t k, size_t yes, size_t no)
{
	yes = in_reach(code, yes);
	no = in_reach(code, no);
	return emit(code, BPF_JMP | BPF_K | op, k, code->n - yes - 1, code->n - no - 1);
}

static size_t emit_answer(struct code *code, uint32_t answer)
{
	for (size_t i = code->n; i-- > 0 && code->n - i < REACH;)
		if (code->insn[i].code == (BPF_RET | BPF_K) && code->insn[i].k == answer)
			return i;
	return emit(code, BPF_RET | BPF_K, answer, 0, 0);
}

/* The bits of the argument that the test needs in the accumulator. */
static uint32_t loaded_mask(const struct seccomp_test *test)
{
	return test->op == SECCOMP_TEST_ANY ? UINT32_MAX : test->mask;
}

/* Loads the low half of an argument; every architecture here is little-endian. */
static size_t emit_load(struct code *code, const struct seccomp_test *test)
{
	if (loaded_mask(test) != UINT32_MAX)
		emit(code, BPF_ALU | BPF_AND | BPF_K, test->mask, 0, 0);
	return emit(code, BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args) + 8 * test->arg, 0, 0);
}

/*
 * before: the test that ran just before this one, with its load, or NULL; next: where to go without
 * a match.
 */
static size_t emit_test(struct code *code, const struct seccomp_test *test,
			const struct seccomp_test *before, size_t next)
{
	size_t match = emit_answer(code, test->answer), head;

	if (test->op == SECCOMP_TEST_ANY)
		head = emit_jump(code, BPF_JSET, test->mask, match, next);
	else if (test->op == SECCOMP_TEST_EQ)
		head = emit_jump(code, BPF_JEQ, test->value, match, next);
	else
		head = emit_jump(code, BPF_JEQ, test->value, next, match);
	if (before && before->arg == test->arg && loaded_mask(before) == loaded_mask(test))
		return head;
	return emit_load(code, test);
}

static size_t emit_rule(struct code *code, unsigned int flags, const struct seccomp_range *range)
{
	const struct seccomp_test *active[16];
	size_t n = 0, head = emit_answer(code, range->answer);

	for (const struct seccomp_test *test = range->tests; test && test->op; test++) {
		if ((test->when & flags) != test->when)
			continue;
		if (n == ARRAY_SIZE(active))
			fail("a rule has more than %zu tests", n);
		active[n++] = test;
	}
	if (n == 0)
		return head;
	for (size_t i = 0; i < code->n_rules; i++)
		if (code->rules[i].tests == range->tests && code->rules[i].answer == range->answer)
			return code->rules[i].head;
	while (n-- > 0)
		head = emit_test(code, active[n], n ? active[n - 1] : NULL, head);
	if (code->n_rules == ARRAY_SIZE(code->rules))
		fail("more than %zu rules have tests", code->n_rules);
	code->rules[code->n_rules++] = (struct tested){range->tests, range->answer, head};
	return head;
}

/* A tree over the ranges lo to hi - 1, for the number in the accumulator. */
static size_t emit_tree(struct code *code, unsigned int flags, const struct seccomp_tree *tree,
			size_t lo, size_t hi)
{
	size_t cut = tree->cut[lo][hi], above, base;

	if (cut) {
		above = emit_tree(code, flags, tree, cut, hi);
		return emit_jump(code, BPF_JGE, tree->v[cut].first, above,
				 emit_tree(code, flags, tree, lo, cut));
	}
	base = seccomp_tree_base(tree, lo, hi);
	above = emit_rule(code, flags, &tree->v[base]);
	for (size_t i = hi; i-- > lo;)
		if (!seccomp_tree_same(&tree->v[i], &tree->v[base]))
			above = emit_jump(code, BPF_JEQ, tree->v[i].first,
					  emit_rule(code, flags, &tree->v[i]), above);
	return above;
}

static const struct seccomp_rule *rule_of(unsigned int flags, uint32_t arch, uint32_t nr)
{
	char *name = seccomp_syscall_resolve_num_arch(arch, (int)nr);
	const struct seccomp_rule *rule = name ? seccomp_policy_rule(flags, name) : NULL;

	free(name);
	return rule;
}

/* What is between and beyond the windows is unknown, also x32 (numbers from 0x40000000). */
static size_t emit_arch(struct code *code, unsigned int flags, uint32_t arch)
{
	static struct seccomp_tree tree;

	tree.n = 0;
	for (size_t w = 0; w < ARRAY_SIZE(windows); w++) {
		for (uint32_t nr = windows[w].first; nr < windows[w].end; nr++)
			seccomp_tree_add(&tree, nr, rule_of(flags, arch, nr));
		seccomp_tree_add(&tree, windows[w].end, NULL);
	}
	if (!seccomp_tree_plan(&tree))
		fail("more than %d ranges of numbers", SECCOMP_TREE_MAX);
	emit_tree(code, flags, &tree, 0, tree.n);
	return emit(code, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
}

/* The 32-bit architecture that a kernel for arch may run as well, or 0. */
static uint32_t compat_arch(uint32_t arch)
{
	switch (arch) {
	case SCMP_ARCH_X86_64:
		return SCMP_ARCH_X86;
	case SCMP_ARCH_AARCH64:
		return SCMP_ARCH_ARM;
	default:
		return 0;
	}
}

/* Any other architecture is impossible: the process is killed rather than run unfiltered. */
static void compile(struct code *code, unsigned int flags, uint32_t arch)
{
	uint32_t compat = compat_arch(arch);
	size_t other;

	code->n = code->n_rules = 0;
	other = emit_answer(code, SECCOMP_RET_KILL_PROCESS);
	if (compat)
		other = emit_jump(code, BPF_JEQ, compat, emit_arch(code, flags, compat), other);
	emit_jump(code, BPF_JEQ, arch, emit_arch(code, flags, arch), other);
	emit(code, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
}

/* One array and offsets into it, because pointers would have to be relocated at each start. */
static void print_filters(uint32_t arch)
{
	static struct code code;
	size_t lengths[SECCOMP_VARIANTS] = {0}, at = 0;

	puts("/* Made by seccomp_gen from seccomp_policy.c. */\n");
	puts("static const struct sock_filter seccomp_instructions[] = {");
	for (unsigned int flags = 0; flags < SECCOMP_VARIANTS; flags++) {
		if (!seccomp_policy_is_variant(flags))
			continue;
		compile(&code, flags, arch);
		lengths[flags] = code.n;
		for (size_t i = code.n; i-- > 0;)
			printf("\t{%#x, %u, %u, %#x},\n", code.insn[i].code, code.insn[i].jt,
			       code.insn[i].jf, code.insn[i].k);
	}
	puts("};\n");
	puts("/* Where the program of a flag word begins, and its length; 0: there is none. */");
	puts("static const struct {\n\tunsigned short at, n;\n} seccomp_filters[] = {");
	for (unsigned int flags = 0; flags < SECCOMP_VARIANTS; at += lengths[flags++])
		printf("\t{%zu, %zu},\n", at, lengths[flags]);
	puts("};");
	if (at > USHRT_MAX)
		fail("the filters have more than %d instructions", USHRT_MAX);
}

static const char *answer_name(uint32_t answer)
{
	static char other[32];

	switch (answer) {
	case SECCOMP_RET_ALLOW:
		return "allow";
	case SECCOMP_RET_ERRNO:
		return "success";
	case SECCOMP_RET_USER_NOTIF:
		return "ask";
	case SECCOMP_RET_ERRNO | EPERM:
		return "EPERM";
	case SECCOMP_RET_ERRNO | ENOSYS:
		return "ENOSYS";
	default:
		snprintf(other, sizeof(other), "%#x", answer);
		return other;
	}
}

/* The flags are independent, so one column each is enough. */
static void print_table(uint32_t arch, const char *arch_name)
{
	static const unsigned int columns[] = {SECCOMP_MODES,
					       SECCOMP_ROOT | SECCOMP_ASKING,
					       SECCOMP_ROOT,
					       SECCOMP_NESTED,
					       SECCOMP_MODES | SECCOMP_IO_URING,
					       SECCOMP_MODES | SECCOMP_PERF,
					       SECCOMP_MODES | SECCOMP_RENAMES};

	printf("# arch nr name: base root root-alone nested io_uring perf trial; args: depends on "
	       "the "
	       "arguments\n");
	for (size_t w = 0; w < ARRAY_SIZE(windows); w++)
		for (uint32_t nr = windows[w].first; nr < windows[w].end; nr++) {
			char *name = seccomp_syscall_resolve_num_arch(arch, (int)nr);

			if (!name)
				continue;
			printf("%s %u %s:", arch_name, nr, name);
			for (size_t c = 0; c < ARRAY_SIZE(columns); c++) {
				const struct seccomp_rule *rule = seccomp_policy_rule(columns[c],
										      name);

				printf(" %s", rule && rule->tests
						      ? "args"
						      : answer_name(rule ? rule->answer
									 : seccomp_unknown));
			}
			putchar('\n');
			free(name);
		}
}

/* The key of [sandbox] with which another rule decides, or the same one has another test. */
static const char *key_of(const char *name, const struct seccomp_rule *base)
{
	static const struct {
		unsigned int flag;
		const char *key;
	} keys[] = {
		{SECCOMP_NESTED, "nested"}, {SECCOMP_IO_URING, "io-uring"}, {SECCOMP_PERF, "perf"}};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (seccomp_policy_rule(keys[i].flag, name) != base)
			return keys[i].key;
		for (const struct seccomp_test *t = base ? base->tests : NULL; t && t->op; t++)
			if (t->when & keys[i].flag)
				return keys[i].key;
	}
	return "-";
}

static bool is_refused(uint32_t answer)
{
	return (answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && answer & SECCOMP_RET_DATA;
}

/* -1: it depends on the arguments; 0: it is not refused. */
static int error_of(const struct seccomp_rule *rule)
{
	uint32_t answer = rule ? rule->answer : seccomp_unknown;

	for (const struct seccomp_test *t = rule ? rule->tests : NULL; t && t->op; t++)
		if (!t->when && is_refused(t->answer) != is_refused(answer))
			return -1;
	return is_refused(answer) ? (int)(answer & SECCOMP_RET_DATA) : 0;
}

/* The number of a call in an architecture, which may have it by another one, or not at all: -1. */
static int number_of(uint32_t arch, const char *wanted)
{
	for (size_t w = 0; arch && w < ARRAY_SIZE(windows); w++)
		for (uint32_t nr = windows[w].first; nr < windows[w].end; nr++) {
			char *name = seccomp_syscall_resolve_num_arch(arch, (int)nr);
			bool found = name && strcmp(name, wanted) == 0;

			free(name);
			if (found)
				return (int)nr;
		}
	return -1;
}

/* Of each call of arch; with `but`, only of those that this one does not have. */
static void print_names_of(uint32_t arch, uint32_t but)
{
	for (size_t w = 0; w < ARRAY_SIZE(windows); w++)
		for (uint32_t nr = windows[w].first; nr < windows[w].end; nr++) {
			char *name = seccomp_syscall_resolve_num_arch(arch, (int)nr);
			const struct seccomp_rule *rule = name ? seccomp_policy_rule(0, name)
							       : NULL;

			if (name && !but)
				printf("\t\"%s %d %s %u %d\\n\"\n", name, error_of(rule),
				       error_of(rule) ? key_of(name, rule) : "-", nr,
				       number_of(compat_arch(arch), name));
			else if (name && number_of(but, name) < 0)
				printf("\t\"%s %d %s -1 %u\\n\"\n", name, error_of(rule),
				       error_of(rule) ? key_of(name, rule) : "-", nr);
			free(name);
		}
}

static void print_names(uint32_t arch)
{
	printf("static const char seccomp_names_table[] =\n\t\"\\n\"\n");
	print_names_of(arch, 0);
	if (compat_arch(arch))
		print_names_of(compat_arch(arch), arch);
	printf("\t;\n");
}

/* A name that no architecture has is a typo, unless it may be too new to be known. */
static void check_names(void)
{
	for (size_t i = 0; i < seccomp_rules_n; i++) {
		char *calls = strdup(seccomp_rules[i].calls), *rest = calls, *name;

		if (!calls)
			fail("out of memory");
		while ((name = strsep(&rest, " ")))
			if (!seccomp_rules[i].recent &&
			    seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
				fail("no system call is called '%s'", name);
		free(calls);
	}
}

int main(int argc, char **argv)
{
	bool table = argc > 1 && strcmp(argv[1], "--table") == 0;
	bool names = argc > 1 && strcmp(argv[1], "--names") == 0;
	const char *name = argc > 1 + (table || names) ? argv[1 + (table || names)] : NULL;
	uint32_t arch = name ? seccomp_arch_resolve_name(name) : seccomp_arch_native();

	if (!arch)
		fail("unknown architecture '%s'", name);
	check_names();
	if (names) {
		print_names(arch);
	} else if (!table) {
		print_filters(arch);
	} else {
		print_table(arch, "native");
		if (compat_arch(arch))
			print_table(compat_arch(arch), "compat");
	}
	if (fflush(stdout) == EOF || ferror(stdout))
		fail("cannot write: %s", strerror(errno));
	return 0;
}
