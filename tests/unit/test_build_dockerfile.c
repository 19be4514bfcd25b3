/*
 * test_build_dockerfile.c - the reader of Dockerfiles.
 *
 * The cases are facts about the Dockerfile reference and BuildKit (frontend/dockerfile/parser,
 * instructions).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "build/dockerfile.h"
#include "build/heredoc.h"

/* "LINE NAME --flag=value <arg> <arg>", exec form in [], here-documents as {NAME:content}. */
static void dump_instruction(const struct instruction *in, struct buf *out)
{
	buf_addf(out, "%zu %s", in->line, instruction_names[in->kind]);
	for (size_t i = 0; i + 1 < in->flags.n; i += 2)
		buf_addf(out, " --%s=%s", in->flags.v[i], in->flags.v[i + 1]);
	if (in->trigger) {
		buf_addstr(out, " ");
		dump_instruction(in->trigger, out);
		return;
	}
	for (size_t i = 0; i < in->args.n; i++)
		buf_addf(out, in->exec ? " [%s]" : " <%s>", in->args.v[i]);
	for (size_t i = 0; i < in->n_heredocs; i++) {
		buf_addf(out, " {%s%s:", in->heredocs[i].expand ? "" : "'", in->heredocs[i].name);
		heredoc_text(&in->heredocs[i], out);
		buf_addstr(out, "}");
	}
	buf_addstr(out, "\n");
}

static char *dump(const char *text, size_t len)
{
	cleanup_dockerfile struct dockerfile d = {0};
	cleanup_buf struct buf out = BUF_INIT;
	struct err e;

	if (dockerfile_parse(text, len, "D", &d, &e) < 0)
		return xstrdup(e.msg);
	for (size_t i = 0; i < d.n; i++)
		dump_instruction(&d.v[i], &out);
	return buf_detach(&out);
}

struct text_case {
	const char *text, *expected;
};

static void check_all(const struct text_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *got = dump(cases[i].text, strlen(cases[i].text));

		if (!streq(got, cases[i].expected))
			fail_msg("%s\n=> expected:\n%s\n=> got:\n%s", cases[i].text,
				 cases[i].expected, got);
	}
}

static void lines(void **state)
{
	static const struct text_case cases[] = {
		{"FROM a", "1 FROM <a>\n"},
		{"\n\n  FROM a  \n", "3 FROM <a>\n"},
		{"from a", "1 FROM <a>\n"},
		{"FROM a\r\nRUN b\r\n", "1 FROM <a>\n2 RUN <b>\n"},
		{"\xef\xbb\xbf"
		 "FROM a",
		 "1 FROM <a>\n"},
		{"#!/usr/bin/env x\nFROM a", "2 FROM <a>\n"},
		{"# c\n  # d\nFROM a", "3 FROM <a>\n"},
		{"\xc2\xa0 FROM a", "1 FROM <a>\n"},
		{"RUN a \\\n  b \\\n\tc", "1 RUN <a   b \tc>\n"},
		{"RUN a\\\nb", "1 RUN <ab>\n"},
		{"RUN a \\  \t\n b", "1 RUN <a  b>\n"},
		{"RUN a \\\r\n b", "1 RUN <a  b>\n"},
		{"RUN a \\\n# c\n  # d \\\n\n \n b\nRUN c", "1 RUN <a  b>\n7 RUN <c>\n"},
		{"RUN a \\\\\nRUN b", "1 RUN <a \\\\>\n2 RUN <b>\n"},
		{"RUN a \\", "1 RUN <a>\n"},
		{"RUN a \\\n", "1 RUN <a>\n"},
		{"RUN a \\\n\n", "1 RUN <a>\n"},
		{"RUN \\\n a", "1 RUN <a>\n"},
		{"\\\nRUN a", "1 RUN <a>\n"},
		{"RUN a # b", "1 RUN <a # b>\n"},
		{"RUN\ta", "1 RUN <a>\n"},
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void directives(void **state)
{
	static const struct text_case cases[] = {
		{"# escape=`\nRUN a `\n b\\\nRUN c", "2 RUN <a  b\\>\n4 RUN <c>\n"},
		{"#EsCaPe = ` \nRUN a `\n b", "2 RUN <a  b>\n"},
		{"# syntax=x\n# escape=`\nRUN a `\n b", "3 RUN <a  b>\n"},
		{"# check=skip=all\n# escape=`\nRUN a `\n b", "3 RUN <a  b>\n"},
		/* After a comment, an empty line, or an unknown directive it is a comment. */
		{"# c\n# escape=`\nRUN a \\\n b", "3 RUN <a  b>\n"},
		{"\n# escape=`\nRUN a \\\n b", "3 RUN <a  b>\n"},
		{"# key=v\n# escape=`\nRUN a \\\n b", "3 RUN <a  b>\n"},
		{"RUN a\n# escape=x", "1 RUN <a>\n"},
		{"# escape=x\nRUN a", "D:1: '# escape=x'; the escape character is \\ or `"},
		{"# syntax=a\n# syntax=b\nRUN a",
		 "D:2: a second '# syntax=' directive; one is allowed"},
	};
	cleanup_dockerfile struct dockerfile d = {0};
	static const char text[] = "#   syntax = docker/dockerfile:1 \n#escape=\\\nFROM a";
	struct err e;

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
	assert_int_equal(dockerfile_parse(text, strlen(text), "D", &d, &e), 0);
	assert_string_equal(d.syntax, "docker/dockerfile:1");
	assert_int_equal(d.escape, '\\');
}

static void commands(void **state)
{
	static const struct text_case cases[] = {
		{"RUN [\"a\", \"b c\"]", "1 RUN [a] [b c]\n"},
		{"RUN [ \"a\" ] ", "1 RUN [a]\n"},
		{"CMD []", "1 CMD\n"},
		{"CMD", "1 CMD\n"},
		{"RUN", "1 RUN\n"},
		{"ENTRYPOINT [\"\\u00e9\\n\"]", "1 ENTRYPOINT [\xc3\xa9\n]\n"},
		{"CMD [\"a\",\\\n \"b\"]", "1 CMD [a] [b]\n"},
		/* What is not JSON is a command of the shell. */
		{"CMD ['a', 'b']", "1 CMD <['a', 'b']>\n"},
		{"CMD [\"a\"", "1 CMD <[\"a\">\n"},
		{"CMD [\"a\" \"b\"]", "1 CMD <[\"a\" \"b\"]>\n"},
		{"CMD [\"a\",]", "1 CMD <[\"a\",]>\n"},
		{"CMD [\"a\"] # b", "1 CMD <[\"a\"] # b>\n"},
		{"CMD \"[\\\"a\\\"]\"", "1 CMD <\"[\\\"a\\\"]\">\n"},
		{"RUN [ -f x ] && y", "1 RUN <[ -f x ] && y>\n"},
		{"SHELL [\"sh\", \"-c\"]", "1 SHELL [sh] [-c]\n"},
		{"VOLUME [\"/a\", \"/b\"]", "1 VOLUME [/a] [/b]\n"},
		{"VOLUME /a /b", "1 VOLUME </a> </b>\n"},
		{"COPY [\"a b\", \"c\", \"/d/\"]", "1 COPY [a b] [c] [/d/]\n"},
		{"COPY a  b\t/c", "1 COPY <a> <b> </c>\n"},
		{"HEALTHCHECK NONE", "1 HEALTHCHECK <NONE>\n"},
		{"HEALTHCHECK none", "1 HEALTHCHECK <NONE>\n"},
		{"HEALTHCHECK --interval=1m30s --retries=3 CMD a || b",
		 "1 HEALTHCHECK --interval=1m30s --retries=3 <CMD> <a || b>\n"},
		{"HEALTHCHECK --start-period=0s --timeout=500ms cmd [\"a\", \"b\"]",
		 "1 HEALTHCHECK --start-period=0s --timeout=500ms [CMD] [a] [b]\n"},
		{"USER a b", "1 USER <a b>\n"},
		{"WORKDIR /a b", "1 WORKDIR </a b>\n"},
		{"MAINTAINER A B <a@b>", "1 MAINTAINER <A B <a@b>>\n"},
		{"STOPSIGNAL 9", "1 STOPSIGNAL <9>\n"},
		{"EXPOSE 80 81/udp", "1 EXPOSE <80> <81/udp>\n"},
		{"FROM a AS B", "1 FROM <a> <b>\n"},
		{"FROM --platform=$P a:1@sha256:0 as b-1_2.3",
		 "1 FROM --platform=$P <a:1@sha256:0> <b-1_2.3>\n"},
		{"ONBUILD run a \\\n b", "1 ONBUILD 1 RUN <a  b>\n"},
		{"ONBUILD COPY --from=x a b", "1 ONBUILD 1 COPY --from=x <a> <b>\n"},
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void pairs(void **state)
{
	static const struct text_case cases[] = {
		{"ENV A=b", "1 ENV <A> <b>\n"},
		{"ENV A=b C=\"d e\" F='g h' I=j\\ k",
		 "1 ENV <A> <b> <C> <\"d e\"> <F> <'g h'> <I> <j\\ k>\n"},
		{"ENV A=", "1 ENV <A> <>\n"},
		{"ENV A=b=c", "1 ENV <A> <b=c>\n"},
		{"ENV A b c  d", "1 ENV <A> <b c  d>\n"},
		{"ENV A \"b=c\" d", "1 ENV <A> <\"b=c\" d>\n"},
		{"ENV A=b \\\n  C=d", "1 ENV <A> <b> <C> <d>\n"},
		{"LABEL a b c", "1 LABEL <a> <b c>\n"},
		{"LABEL \"a b\"=\"c\" d.e=f", "1 LABEL <\"a b\"> <\"c\"> <d.e> <f>\n"},
		{"ARG A", "1 ARG <A>\n"},
		{"ARG A=\"b c\" D E=", "1 ARG <A=\"b c\"> <D> <E=>\n"},
		{"ENV A", "D:1: ENV A has no value; expected ENV NAME=VALUE..."},
		{"ENV A=b c", "D:1: ENV: 'c' has no '='; expected ENV NAME=VALUE..., with quotes "
			      "around a value with blanks"},
		{"ENV =b", "D:1: ENV: '=b' has no name; expected ENV NAME=VALUE..."},
		{"ARG =b", "D:1: ARG: '=b' has no name; expected ARG NAME[=VALUE]..."},
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void flags(void **state)
{
	static const struct text_case cases[] = {
		{"COPY --from=a --chown=1:2 --chmod=755 b c",
		 "1 COPY --from=a --chown=1:2 --chmod=755 <b> <c>\n"},
		{"COPY --link --parents=false --exclude=*.a --exclude=b . .",
		 "1 COPY --link=true --parents=false --exclude=*.a --exclude=b <.> <.>\n"},
		{"ADD --checksum=sha256:0 --keep-git-dir=TRUE --unpack=false a b",
		 "1 ADD --checksum=sha256:0 --keep-git-dir=true --unpack=false <a> <b>\n"},
		{"RUN --mount=type=cache,target=/a --mount=\"type=tmpfs,target=/b c\" "
		 "--network=none --security=insecure d --e",
		 "1 RUN --mount=type=cache,target=/a --mount=type=tmpfs,target=/b c "
		 "--network=none --security=insecure <d --e>\n"},
		{"RUN --mount=a\\ b \\\n --mount=c \\\n d", "1 RUN --mount=a b --mount=c <d>\n"},
		{"RUN -- --a", "1 RUN <--a>\n"},
		{"RUN a --mount=b", "1 RUN <a --mount=b>\n"},
		{"COPY --form=a b c", "D:1: COPY has no flag --form; did you mean --from?"},
		{"COPY --user=a b c", "D:1: COPY has no flag --user; expected --chmod, --chown, "
				      "--exclude, --from, --link, --parents"},
		{"COPY --from b c", "D:1: --from of COPY needs a value: --from=VALUE"},
		{"COPY --from=a --from=b c d", "D:1: COPY has --from twice"},
		{"COPY --link=maybe a b", "D:1: --link of COPY is 'maybe'; it is true or false"},
		{"RUN --network=bridge a",
		 "D:1: --network is 'bridge'; it is default, none or host"},
		{"CMD --x", "D:1: CMD has no flag --x; expected CMD [\"PROGRAM\", "
			    "\"ARGUMENT\"...]"},
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void heredocs(void **state)
{
	static const struct text_case cases[] = {
		{"RUN <<EOF\na\n  b\nEOF\nRUN c", "1 RUN <<<EOF> {EOF:a\n  b\n}\n5 RUN <c>\n"},
		{"RUN <<EOF\nEOF", "1 RUN <<<EOF> {EOF:}\n"},
		{"RUN <<-EOF\n\ta\n\t\tb\n\tEOF", "1 RUN <<<-EOF> {EOF:a\nb\n}\n"},
		{"RUN <<EOF\n\ta\n\tEOF\nEOF", "1 RUN <<<EOF> {EOF:\ta\n\tEOF\n}\n"},
		{"COPY <<'EOF' /a\n$b\nEOF", "1 COPY <<<'EOF'> </a> {'EOF:$b\n}\n"},
		{"COPY <<\"E\"OF /a\n$b\nEOF", "1 COPY <<<\"E\"OF> </a> {'EOF:$b\n}\n"},
		{"COPY <<a <<b /c\n1\na\n2\nb", "1 COPY <<<a> <<<b> </c> {a:1\n} {b:2\n}\n"},
		{"ADD <<x /c\n1\nx", "1 ADD <<<x> </c> {x:1\n}\n"},
		{"RUN <<EOF\n# no comment\na \\\nEOF",
		 "1 RUN <<<EOF> {EOF:# no comment\na \\\n}\n"},
		{"RUN <<EOF\r\na\r\nEOF\r\n", "1 RUN <<<EOF> {EOF:a\r\n}\n"},
		{"RUN a 3<<EOF b\nEOF", "1 RUN <a 3<<EOF b> {EOF:}\n"},
		{"RUN << EOF\nEOF", "1 RUN <<< EOF> {EOF:}\n"},
		{"RUN <<$EOF\n$EOF", "1 RUN <<<$EOF> {$EOF:}\n"},
		{"RUN <<'a b'\na b", "1 RUN <<<'a b'> {'a b:}\n"},
		{"RUN --mount=type=ssh <<EOF\na\nEOF",
		 "1 RUN --mount=type=ssh <<<EOF> {EOF:a\n}\n"},
		{"ONBUILD RUN <<EOF\na\nEOF", "1 ONBUILD 1 RUN <<<EOF> {EOF:a\n}\n"},
		{"RUN a \\\n <<EOF\nb\nEOF\nRUN c", "1 RUN <a  <<EOF> {EOF:b\n}\n5 RUN <c>\n"},
		/* None of these begins one. */
		{"RUN \"<<EOF\"", "1 RUN <\"<<EOF\">\n"},
		{"RUN a <<<b", "1 RUN <a <<<b>\n"},
		{"RUN echo $((1<<2))", "1 RUN <echo $((1<<2))>\n"},
		{"RUN it's <<EOF", "1 RUN <it's <<EOF>\n"},
		{"RUN [\"<<EOF\"]", "1 RUN [<<EOF]\n"},
		{"USER <<EOF", "1 USER <<<EOF>\n"},
		{"CMD <<EOF", "1 CMD <<<EOF>\n"},
		{"RUN <<EOF\na", "D:1: the here-document 'EOF' does not end; it needs a line with "
				 "only EOF"},
		{"COPY a <<EOF\nEOF", "D:1: the destination of COPY is a here-document; expected "
				      "COPY SOURCE... DESTINATION"},
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void errors(void **state)
{
	static const struct text_case cases[] = {
		{"", "D has no instructions; expected FROM"},
		{"# a\n\n", "D has no instructions; expected FROM"},
		{"FROM a\n\nRUM b", "D:3: 'RUM' is not an instruction; did you mean RUN?"},
		{"FROM a\napt-get install b",
		 "D:2: 'apt-get' is not an instruction; expected one such as RUN or COPY, or a \\ "
		 "at the end of the line before"},
		{"FROM", "D:1: FROM has no argument; expected FROM [--platform=PLATFORM] IMAGE [AS "
			 "NAME]"},
		{"FROM a b", "D:1: FROM with the words 'b'; expected FROM [--platform=PLATFORM] "
			     "IMAGE [AS NAME]"},
		{"FROM a AS 1b",
		 "D:1: '1b' is not the name of a stage; it begins with a letter and "
		 "has letters, digits, '-', '_' and '.'"},
		{"COPY a", "D:1: COPY has one argument; expected COPY SOURCE... DESTINATION"},
		{"COPY [\"a\"]", "D:1: COPY has one argument; expected COPY SOURCE... DESTINATION"},
		{"RUN [1]", "D:1: a JSON array of other things than strings; write [\"program\", "
			    "\"argument\"], or the command without brackets"},
		{"RUN []", "D:1: RUN []; expected RUN COMMAND"},
		{"SHELL sh -c", "D:1: SHELL is no JSON array; expected SHELL [\"PROGRAM\", "
				"\"ARGUMENT\"...]"},
		{"ONBUILD", "D:1: ONBUILD has no argument; expected ONBUILD INSTRUCTION"},
		{"ONBUILD ONBUILD RUN a", "D:1: ONBUILD of ONBUILD; expected another instruction"},
		{"ONBUILD FROM a",
		 "D:1: ONBUILD FROM is not allowed; expected another instruction"},
		{"ONBUILD RUM a", "D:1: 'RUM' is not an instruction; did you mean RUN?"},
		{"HEALTHCHECK", "D:1: HEALTHCHECK has no argument; expected HEALTHCHECK [OPTIONS] "
				"CMD COMMAND, or HEALTHCHECK NONE"},
		{"HEALTHCHECK a", "D:1: HEALTHCHECK a; expected HEALTHCHECK [OPTIONS] CMD COMMAND, "
				  "or HEALTHCHECK NONE"},
		{"HEALTHCHECK CMD", "D:1: HEALTHCHECK CMD; expected HEALTHCHECK [OPTIONS] CMD "
				    "COMMAND, or HEALTHCHECK NONE"},
		{"HEALTHCHECK --interval=5 CMD a",
		 "D:1: interval is '5'; it is a time such as 30s or 1m30s"},
		{"HEALTHCHECK --timeout=50ns CMD a",
		 "D:1: timeout is '50ns'; it is at least 1ms, or 0"},
		{"HEALTHCHECK --retries=x CMD a", "D:1: retries is 'x'; it is a number"},
		{"USER", "D:1: USER has no argument; expected USER NAME[:GROUP]"},
		{"WORKDIR", "D:1: WORKDIR has no argument; expected WORKDIR PATH"},
		{"EXPOSE", "D:1: EXPOSE has no argument; expected EXPOSE PORT[/PROTOCOL]..."},
		{"\xff\xfe"
		 "F",
		 "D:1: the file is UTF-16; save it as UTF-8"},
	};
	cleanup_free char *nul = NULL;

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
	nul = dump("FROM a\nRUN \0b", 13);
	assert_string_equal(nul, "D:2: a NUL byte; a Dockerfile is text");
}

/* Files that want to be slow or large. */
static void limits(void **state)
{
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *got = NULL, *many = NULL;
	size_t n = 10 << 20;

	(void)state;
	buf_addstr(&text, "RUN ");
	while (text.len < n)
		buf_addstr(&text, "a'b\\ $c <<");
	got = dump(text.data, text.len);
	assert_int_equal(strncmp(got, "1 RUN <a'b", 10), 0);
	buf_reset(&text);
	while (text.len < n)
		buf_addstr(&text, "RUN a \\\n");
	free(got);
	got = dump(text.data, text.len);
	assert_int_equal(strncmp(got, "1 RUN <a RUN a", 14), 0);
	buf_reset(&text);
	while (text.len < n)
		buf_addstr(&text, "CMD a\n");
	many = dump(text.data, text.len);
	assert_string_equal(many, "D:100001: more than 100000 instructions");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),  cmocka_unit_test(directives), cmocka_unit_test(commands),
		cmocka_unit_test(pairs),  cmocka_unit_test(flags),	cmocka_unit_test(heredocs),
		cmocka_unit_test(errors), cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
