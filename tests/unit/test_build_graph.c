/*
 * test_build_graph.c - stages, scopes of variables, and the steps of a Dockerfile.
 *
 * The cases are facts about the Dockerfile reference and BuildKit (frontend/dockerfile/dockerfile2llb).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "build/remote.h"
#include "build/steps.h"
#include "build/values.h"

static void add_source(const struct source *s, struct buf *out)
{
	static const char *const kinds[] = {[SOURCE_IMAGE] = "",
					    [SOURCE_STAGE] = "#",
					    [SOURCE_SCRATCH] = "scratch",
					    [SOURCE_CONTEXT] = "context:",
					    [SOURCE_FILES] = "files"};

	buf_addf(out, "%s%s", kinds[s->kind], s->name ? s->name : "");
	if (s->kind == SOURCE_STAGE)
		buf_addf(out, "%zu", s->stage);
	if (s->unset)
		buf_addstr(out, "?");
}

/* "KIND --flag=value <arg> (source)" */
static void add_step(const struct step *s, struct buf *out)
{
	buf_addf(out, "%s%s", s->of->triggered ? "^" : "", instruction_names[s->of->in->kind]);
	for (size_t i = 0; i + 1 < s->flags.n; i += 2)
		buf_addf(out, " --%s=%s", s->flags.v[i], s->flags.v[i + 1]);
	for (size_t i = 0; i < s->args.n; i++)
		buf_addf(out, " <%s>", s->args.v[i]);
	for (size_t i = 0; i < s->contents.n; i++)
		buf_addf(out, " {%s}", s->contents.v[i]);
	for (size_t i = 0; i < s->of->n_sources; i++) {
		if (s->of->sources[i].kind == SOURCE_FILES)
			continue;
		buf_addstr(out, " (");
		add_source(&s->of->sources[i], out);
		buf_addstr(out, ")");
	}
	buf_addstr(out, s->kept ? " ?;" : ";");
}

static void add_stage(const struct graph_stage *s, const struct steps *steps, struct buf *out)
{
	buf_addf(out, "%s%s=", s->used ? "" : "-", s->name ? s->name : "");
	add_source(&s->base, out);
	if (s->platform)
		buf_addf(out, "@%s", s->platform);
	buf_addstr(out, ";");
	for (size_t k = 0; k < steps->n; k++)
		add_step(&steps->v[k], out);
}

static const char *const no_pairs[] = {NULL};

static char *dump(const char *text, const char *const *args, const char *const *contexts,
		  const char *target)
{
	cleanup_dockerfile struct dockerfile d = {0};
	cleanup_graph struct graph g = {0};
	cleanup_buf struct buf out = BUF_INIT;
	struct steps steps[16] = {0};
	struct graph_options options = {.target = target,
					.build_platform = "linux/amd64",
					.target_platform = "linux/arm/v7"};
	struct err e;
	int r;

	for (; *args; args += 2)
		assert_int_equal(variables_set(&options.args, args[0], args[1], &e), 0);
	for (; *contexts; contexts += 2)
		assert_int_equal(variables_set(&options.contexts, contexts[0], contexts[1], &e), 0);
	r = dockerfile_parse(text, strlen(text), "D", &d, &e);
	if (r == 0)
		r = graph_make(&d, &options, &g, &e);
	assert_true(g.n <= ARRAY_SIZE(steps));
	if (r == 0)
		r = steps_expand(&g, steps, &e);
	for (size_t i = 0; i < g.n; i++) {
		add_stage(&g.stages[i], &steps[i], &out);
		steps_clear(&steps[i]);
	}
	variables_clear(&options.args);
	variables_clear(&options.contexts);
	return r < 0 ? xstrdup(e.msg) : buf_detach(&out);
}

struct text_case {
	const char *text, *expected;
};

static void check_all(const struct text_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		cleanup_free char *got = dump(cases[i].text, no_pairs, no_pairs, NULL);

		if (!streq(got, cases[i].expected))
			fail_msg("%s\n=> expected:\n%s\n=> got:\n%s", cases[i].text,
				 cases[i].expected, got);
	}
}

static void stages(void **state)
{
	static const struct text_case cases[] = {
		{"FROM a", "=a;"},
		{"FROM scratch", "=scratch;"},
		{"FROM a AS b\nFROM b", "b=a;=#0;"},
		{"FROM a AS b\nFROM B AS c\nFROM c", "b=a;c=#0;=#1;"},
		/* A stage is not visible to its own FROM. */
		{"FROM golang AS golang", "golang=golang;"},
		{"FROM a AS x\nFROM b AS x\nFROM x", "-x=a;x=b;=#1;"},
		{"FROM a AS b\nFROM c", "-b=a;=c;"},
		{"FROM a AS b\nFROM c\nCOPY --from=b /x /y",
		 "b=a;=c;COPY --from=b </x> </y> (#0);"},
		{"FROM a AS b\nFROM c\nCOPY --from=B /x /y",
		 "b=a;=c;COPY --from=B </x> </y> (#0);"},
		{"FROM a\nFROM c\nCOPY --from=0 /x /y", "=a;=c;COPY --from=0 </x> </y> (#0);"},
		{"FROM c\nCOPY --from=d:1 /x /y", "=c;COPY --from=d:1 </x> </y> (d:1);"},
		{"FROM a AS b\nFROM c\nRUN --mount=from=b,target=/b x",
		 "b=a;=c;RUN --mount=from=b,target=/b <x> (#0);"},
		{"FROM c\nRUN --mount=type=cache,target=/b --mount=from=d,target=/d x",
		 "=c;RUN --mount=type=cache,target=/b --mount=from=d,target=/d <x> (d);"},
		{"FROM a@sha256:"
		 "0123456789012345678901234567890123456789012345678901234567890123",
		 "=a@sha256:0123456789012345678901234567890123456789012345678901234567890123;"},
		{"FROM --platform=$BUILDPLATFORM a AS b\nFROM --platform=arm64 c",
		 "-b=a@linux/amd64;=c@linux/arm64;"},
		{"FROM --platform=linux/x86_64 a\nFROM --platform=linux/arm64/v8 a",
		 "-=a@linux/amd64;=a@linux/arm64;"},
		{"FROM a AS linux\nFROM b AS darwin\nFROM $TARGETOS", "linux=a;-darwin=b;=#0;"},
		/* As podman-build(1) does it, with ARG of the stage so far; Docker refuses it. */
		{"ARG V=1\nFROM a AS v1\nFROM c\nARG V\nCOPY --from=v$V x y",
		 "v1=a;=c;ARG <V=1>;COPY --from=v$V <x> <y> (#0);"},
		{"FROM c\nARG V=1\nARG N=d:${V}\nCOPY --from=\"${N}\" x y\nARG N=e\nADD --chmod=1 "
		 "x "
		 "y\nCOPY --from=$N x y",
		 "=c;ARG <V=1>;ARG <N=d:1>;COPY --from=${N} <x> <y> (d:1);ARG <N=e>;ADD "
		 "--chmod=1 <x> <y>;COPY --from=$N <x> <y> (e);"},
		{"FROM a AS b\nFROM c\nARG S=b\nRUN --mount=from=${S},target=/b x",
		 "b=a;=c;ARG <S=b>;RUN --mount=from=${S},target=/b <x> (#0);"},
		{"FROM a AS b\nONBUILD ARG S=m\nONBUILD COPY --from=$S x y\nFROM c AS m\nFROM b",
		 "b=a;ONBUILD <ARG S=m>;ONBUILD <COPY --from=$S x y>;m=c;=#0;^ARG <S=m>;^COPY "
		 "--from=$S <x> <y> (#1);"},
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void triggers(void **state)
{
	static const struct text_case cases[] = {
		{"FROM a AS b\nONBUILD COPY x $Y\nONBUILD RUN z\nFROM b\nRUN w",
		 "b=a;ONBUILD <COPY x $Y>;ONBUILD <RUN z>;=#0;^COPY <x> <$Y> ?;^RUN <z>;RUN <w>;"},
		/* Not those of the stage below that. */
		{"FROM a AS b\nONBUILD RUN z\nFROM b AS c\nFROM c",
		 "b=a;ONBUILD <RUN z>;c=#0;^RUN <z>;=#1;"},
		/* A stage that is between the trigger and the stage that it acts in. */
		{"FROM a AS b\nONBUILD COPY --from=m /x /y\nFROM c AS m\nFROM b",
		 "b=a;ONBUILD <COPY --from=m /x /y>;m=c;=#0;^COPY --from=m </x> </y> (#1);"},
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void scopes(void **state)
{
	static const struct text_case cases[] = {
		{"ARG V=1\nFROM a:$V", "=a:1;"},
		{"ARG V\nFROM a:${V:-2}", "=a:2;"},
		{"ARG V=1\nARG W=$V.2 X=${V}3\nFROM a:$W-$X", "=a:1.2-13;"},
		{"ARG V=a\nFROM ${V%?}scratch", "=scratch;"},
		{"ARG B\nFROM $B\nFROM a:$C", "-=$B?;=a:$C?;"},
		{"ARG B=\nFROM --platform=$B $B", "=$B?@$B;"},
		/* Those before FROM are not visible in a stage, but give ARG its value. */
		{"ARG V=1\nFROM scratch\nLABEL a=$V", "=scratch;LABEL <a> <>;"},
		{"ARG V=1\nFROM scratch\nARG V\nLABEL a=$V", "=scratch;ARG <V=1>;LABEL <a> <1>;"},
		{"ARG V=1\nFROM scratch\nARG V=2\nLABEL a=$V", "=scratch;ARG <V=2>;LABEL <a> <2>;"},
		{"FROM scratch\nARG TARGETARCH TARGETVARIANT BUILDOS\nLABEL a=$TARGETARCH",
		 "=scratch;ARG <TARGETARCH=arm> <TARGETVARIANT=v7> <BUILDOS=linux>;LABEL <a> "
		 "<arm>;"},
		{"FROM scratch\nLABEL a=$TARGETARCH", "=scratch;LABEL <a> <>;"},
		{"FROM scratch AS s\nARG TARGETSTAGE\n", "s=scratch;ARG <TARGETSTAGE=s>;"},
		{"FROM scratch\nARG TARGETSTAGE\n", "=scratch;ARG <TARGETSTAGE=default>;"},
		{"FROM scratch\nARG HTTP_PROXY\nLABEL a=$HTTP_PROXY",
		 "=scratch;ARG <HTTP_PROXY>;LABEL <a> <>;"},
		/* The last of ENV and ARG wins; a later stage has both. */
		{"FROM scratch\nARG A=1\nENV A=2\nLABEL a=$A",
		 "=scratch;ARG <A=1>;ENV <A> <2>;LABEL <a> <2>;"},
		{"FROM scratch AS s\nARG A=1\nENV B=2\nFROM s\nLABEL a=$A$B",
		 "s=scratch;ARG <A=1>;ENV <B> <2>;=#0;LABEL <a> <12>;"},
		{"FROM scratch AS s\nENV B=2\nFROM scratch\nLABEL a=$B",
		 "-s=scratch;ENV <B> <2>;=scratch;LABEL <a> <>;"},
		/* The values of one ENV do not see each other; those of one ARG do. */
		{"FROM scratch\nENV a=1\nENV a=2 b=$a\nENV c=$b",
		 "=scratch;ENV <a> <1>;ENV <a> <2> <b> <1>;ENV <c> <1>;"},
		{"FROM scratch\nARG a=1 b=${a}2", "=scratch;ARG <a=1> <b=12>;"},
		{"FROM scratch\nENV PATH=/x:$PATH",
		 "=scratch;ENV <PATH> "
		 "</x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin>;"},
		/* What only the base image knows stays. */
		{"FROM a\nENV PATH=/x:$PATH Y=${Z:-1}\nUSER $Y",
		 "=a;ENV <PATH> </x:$PATH> <Y> <${Z:-1}> ?;USER <${Z:-1}>;"},
	};
	static const char *const args[] = {"V", "9", "TARGETARCH", "s390x", "N", "n'$x", NULL};
	cleanup_free char *given = NULL;

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
	given = dump("ARG V=1\nARG W=$V\nFROM a:$V$W$N\nARG V=2\nARG N\nARG U=3\nARG TARGETARCH",
		     args, no_pairs, NULL);
	assert_string_equal(given, "=a:99$N?;ARG <V=9>;ARG <N=n'$x>;ARG <U=3>;ARG "
				   "<TARGETARCH=s390x>;");
}

static void expansion(void **state)
{
	static const struct text_case cases[] = {
		{"FROM scratch\nENV a=\"b c\" d='$a' e=\\$a\nLABEL \"x y\"=\"$a\" z $a",
		 "D:3: LABEL: 'z' has no '='; expected LABEL NAME=VALUE..., with quotes around a "
		 "value with blanks"},
		{"FROM scratch\nENV a=\"b c\" d='$a' e=\\$a\nLABEL \"x y\"=\"$a\" $d=1",
		 "=scratch;ENV <a> <b c> <d> <$a> <e> <$a>;LABEL <x y> <b c> <$a> <1>;"},
		{"FROM scratch\nENV a b \"c\"  $PATHX", "=scratch;ENV <a> <b c  >;"},
		{"FROM scratch\nENV u=me g=us d=/d\nCOPY --chown=$u:$g --chmod=644 "
		 "--exclude=$u $d/* [x] ${d}/\nWORKDIR $d/x\nUSER $u\nVOLUME $d [\"$d\"]",
		 "=scratch;ENV <u> <me> <g> <us> <d> </d>;COPY --chown=me:us --chmod=644 "
		 "--exclude=$u </d/*> <[x]> </d/>;WORKDIR </d/x>;USER <me>;VOLUME </d> <[/d]>;"},
		{"FROM scratch\nENV p=\"80 81\"\nEXPOSE $p 90-92/UDP",
		 "=scratch;ENV <p> <80 81>;EXPOSE <80> <81> <90-92/UDP>;"},
		{"FROM scratch\nENV s=SIGTERM\nSTOPSIGNAL $s",
		 "=scratch;ENV <s> <SIGTERM>;STOPSIGNAL <SIGTERM>;"},
		/* The shell's business. */
		{"FROM scratch\nENV a=b\nRUN echo $a\nCMD [\"$a\"]\nENTRYPOINT $a\nHEALTHCHECK CMD "
		 "$a\nMAINTAINER $a",
		 "=scratch;ENV <a> <b>;RUN <echo $a>;CMD <$a>;ENTRYPOINT <$a>;HEALTHCHECK <CMD> "
		 "<$a>;MAINTAINER <$a>;"},
		{"FROM scratch\nENV a=b\nCOPY <<X <<'Y' /$a/\n$a's \"q\" \\$a\nX\n$a\nY",
		 "=scratch;ENV <a> <b>;COPY <<<X> <<<'Y'> </b/> {b's \"q\" $a\n} {$a\n};"},
		{"# escape=`\nFROM scratch\nENV a=C:\\b`$c", "=scratch;ENV <a> <C:\\b$c>;"},
	};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases));
}

static void errors(void **state)
{
	static const struct text_case cases[] = {
		{"RUN a\nFROM b", "D:1: RUN before the first FROM; only ARG may stand there"},
		{"ARG a", "D has no FROM"},
		{"FROM a\nFROM b:", NULL},
		{"FROM Ab", NULL},
		{"FROM --platform=what a", NULL},
		{"ARG a=\"${b:?give b}\"\nFROM x", "D:1: b: give b"},
		{"ARG a=${b^}\nFROM x", NULL},
		{"FROM a AS b\nCOPY --from=b x y",
		 "D:2: a circle: stage 'b' needs itself; expected an earlier stage or an image"},
		{"FROM a\nCOPY --from=0 x y",
		 "D:2: a circle: stage '0' needs itself; expected an earlier stage or an image"},
		{"FROM a AS x\nCOPY --from=y 1 2\nFROM b AS y\nCOPY --from=x 1 2",
		 "D:2: stage 'y' comes later, on line 3; move it before this stage"},
		{"FROM a\nRUN --mount=from=y,target=/ x\nFROM b AS y",
		 "D:2: stage 'y' comes later, on line 3; move it before this stage"},
		{"FROM a\nCOPY --from=7 x y", "D:2: there is no stage 7; the file has 1, from 0"},
		{"FROM a\nCOPY --from=$X x y",
		 "D:2: --from=$X: X has no value; write 'ARG X' in this stage, before this line, "
		 "and give --build-arg X=VALUE"},
		{"FROM a\nARG X\nCOPY --from=a$X x y",
		 "D:3: --from=a$X: X has no value; give it one with --build-arg X=VALUE"},
		{"FROM a\nARG X=\nCOPY --from=${X} x y",
		 "D:3: --from=${X}: X has no value; give it one with --build-arg X=VALUE"},
		{"FROM a\nRUN --mount=from=${X},target=/a x",
		 "D:2: --mount: from=${X}: X has no value; write 'ARG X' in this stage, before "
		 "this "
		 "line, and give --build-arg X=VALUE"},
		/* ENV is not asked: the base image's is not known. */
		{"ARG X=b\nFROM a\nENV X=b\nCOPY --from=$X x y", NULL},
		{"FROM a\nCOPY --from=$X x y\nARG X=b", NULL},
		{"FROM a AS b\nARG X\nARG Y=${X}b\nCOPY --from=$Y x y", NULL},
		{"FROM scratch\nCOPY --chmod=999 a b",
		 "D:2: --chmod is '999'; it is an octal number up to 7777, or as in u=rwX,go=rX"},
		{"FROM scratch\nCOPY --chown=a:b:c a b", NULL},
		{"FROM scratch\nCOPY https://a/b c",
		 "D:2: COPY of 'https://a/b'; ADD takes URLs and git repositories"},
		{"FROM scratch\nADD --checksum=sha256:00 https://a/b c", NULL},
		{"FROM scratch\nADD --checksum=sha256:00 a c",
		 "D:2: --checksum is for one source that is a URL or a git repository"},
		{"FROM scratch\nEXPOSE 80/http",
		 "D:2: '80/http' is not a port; expected PORT[-PORT][/tcp, /udp or /sctp]"},
		{"FROM scratch\nSTOPSIGNAL SIGNO",
		 "D:2: 'SIGNO' is not a signal; expected a name such as SIGTERM, or a number"},
		{"FROM scratch\nENV a=\"b", "D:2: a \" without its end"},
		{"FROM {{ .image }}",
		 "D:1: '{{' is of a template; make the Dockerfile from it first: FROM with the "
		 "words "
		 "'.image'; expected FROM [--platform=PLATFORM] IMAGE [AS NAME]"},
		{"FROM a\nARG V=\"${templateOption:v}\"\nRUN x",
		 "D:2: '${templateOption:' is of a template; make the Dockerfile from it first: "
		 "${templateOption:v...} is not supported; known are ${X:-d} ${X-d} ${X:+a} ${X+a} "
		 "${X:?m} ${X?m} ${X#p} ${X##p} ${X%p} ${X%%p} ${X/p/r} ${X//p/r}"},
		{"FROM a\n{% if x %}",
		 "D:2: '{%' is of a template; make the Dockerfile from it first: "
		 "'{%' is not an instruction; expected one such as RUN or COPY, "
		 "or a \\ at the end of the line before"},
		{"FROM x/%%BASE_1%%",
		 "D:1: '%%' is of a template; make the Dockerfile from it first: no stage before "
		 "this one is called 'x/%%BASE_1%%': 'x/%%BASE_1%%' is not the name of an image: "
		 "upper case is for tags only, the name itself is lower case"},
		{"FROM a\n@COPY_1@",
		 "D:2: '@' is of a template; make the Dockerfile from it first: '@COPY_1@' is not "
		 "an "
		 "instruction; expected one such as RUN or COPY, or a \\ at the end of the line "
		 "before"},
		{"FROM a\nfor %%i in (1 2) do me@example.org",
		 "D:2: 'for' is not an instruction; did you mean FROM?"},
	};
	cleanup_free char *target = dump("FROM a AS build\nFROM b", no_pairs, no_pairs, "bild");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = dump(cases[i].text, no_pairs, no_pairs, NULL);

		if (cases[i].expected ? !streq(got, cases[i].expected) : got[0] != 'D')
			fail_msg("%s\n=> %s", cases[i].text, got);
	}
	assert_string_equal(target, "D has no stage 'bild'; did you mean 'build'?");
}

static void targets_and_contexts(void **state)
{
	static const char file[] =
		"FROM a AS x\nRUN 1\nFROM x AS y\nFROM b AS z\nCOPY --from=c 2 3";
	static const char *const contexts[] = {"x", "/dir", "docker.io/library/c:latest",
					       "docker-image://d", NULL};
	static const struct {
		const char *target;
		const char *const *contexts;
		const char *expected;
	} cases[] = {
		{"y", no_pairs, "x=a;RUN <1>;y=#0;-z=b;COPY --from=c <2> <3> (c);"},
		{"0", no_pairs, "x=a;RUN <1>;-y=#0;-z=b;COPY --from=c <2> <3> (c);"},
		{"Z", no_pairs, "-x=a;RUN <1>;-y=#0;z=b;COPY --from=c <2> <3> (c);"},
		{NULL, contexts,
		 "-x=context:/dir;-y=#0;z=b;COPY --from=c <2> <3> (context:docker-image://d);"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = dump(file, no_pairs, cases[i].contexts, cases[i].target);

		assert_string_equal(got, cases[i].expected);
	}
}

static void mounts(void **state)
{
	static const char *const good[] = {
		"type=bind,target=/a",
		"type=bind,target=/a,Z",
		"target=/a",
		"type=bind,source=a,dst=/b,from=c,rw",
		"type=cache,target=/a,id=b,sharing=locked,mode=0755,uid=1000,gid=1000",
		"TYPE=Cache,Target=/a,sharing=Shared",
		"type=cache,target=/a,readonly=false,ro=true",
		"type=tmpfs,target=/a,size=1.5g",
		"type=secret,id=a",
		"type=secret,id=a,env=A,required=true",
		"type=secret,src=a,target=/b,mode=0400,uid=0,required",
		"type=ssh",
		"type=ssh,id=default,target=/a,required,mode=0600",
		"\"target=/a,b\",type=cache",
		"type=$T,target=$D,uid=$U",
	};
	static const struct text_case bad[] = {
		{"type=what", "--mount: type is 'what'; it is bind, cache, tmpfs, secret or ssh"},
		{"type=cache,taget=/a", "--mount has no key 'taget'; did you mean target?"},
		{"type=cache,target", "--mount: 'target' has no value; expected KEY=VALUE"},
		{"type=cache,target=/a,sharing=all",
		 "--mount: sharing is 'all'; it is shared, private or locked"},
		{"type=cache,target=/a,mode=999", "--mount: mode is '999'; it is an octal number"},
		{"type=cache,target=/a,uid=me", "--mount: uid is 'me'; it is a number"},
		{"type=cache,target=/a,ro=maybe", "--mount: ro is 'maybe'; it is true or false"},
		{"type=bind,target=/a,uid=1",
		 "--mount: uid is for type=cache, secret or ssh, not bind"},
		{"type=bind,target=/a,size=1", NULL},
		{"type=tmpfs,target=/a,size=big",
		 "--mount: size is 'big'; it is a size such as 64m or 1g"},
		{"type=cache,target=/a,required", NULL},
		{"type=bind,target=/a,sharing=shared", NULL},
		{"type=secret", "--mount: type=secret needs id, source or target"},
		{"type=secret,id=a,src=b", NULL},
		{"type=secret,id=a,from=b", NULL},
		{"a\"b", NULL},
		{"\"a", NULL},
	};
	const struct expand_options options = {.escape = '\\'};
	struct variables open = {.open = true};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_run_mount struct run_mount m = {0};

		if (run_mount_parse(good[i], &options, &open, &m, &e) < 0)
			fail_msg("%s: %s", good[i], e.msg);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_run_mount struct run_mount m = {0};

		assert_int_equal(run_mount_parse(bad[i].text, &options, &open, &m, &e), -ERR_USAGE);
		if (bad[i].expected)
			assert_string_equal(e.msg, bad[i].expected);
		assert_null(m.target);
	}
}

static void access_of_mounts(void **state)
{
	static const struct {
		const char *text;
		bool read_only;
	} cases[] = {
		{"target=/a", true},
		{"target=/a,rw", false},
		{"target=/a,rw=false", true},
		{"type=cache,target=/a", false},
		{"type=cache,target=/a,ro", true},
		{"type=tmpfs,target=/a", false},
		{"type=secret,id=a", true},
	};
	const struct expand_options options = {.escape = '\\'};
	const struct variables none = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_run_mount struct run_mount m = {0};
		struct err e;

		assert_int_equal(run_mount_parse(cases[i].text, &options, &none, &m, &e), 0);
		assert_int_equal(m.read_only, cases[i].read_only);
	}
}

/* Each: good ones, NULL, bad ones, NULL. */
static void check_values(int (*check)(const char *text, struct err *e), const char *const *texts)
{
	struct err e;

	for (; *texts; texts++)
		if (check(*texts, &e) < 0)
			fail_msg("%s: %s", *texts, e.msg);
	for (texts++; *texts; texts++)
		if (check(*texts, &e) != -ERR_USAGE)
			fail_msg("%s is taken", *texts);
}

static int duration(const char *text, struct err *e)
{
	return values_duration("x", text, e);
}

static int platform(const char *text, struct err *e)
{
	cleanup_free char *ignored = NULL;

	return values_platform(text, &ignored, e);
}

static void values(void **state)
{
	static const char *const modes[] = {"0",   "755",     "0644", "7777", "+x", "u=rwX,go=rX",
					    "a-w", "u+s,g=u", NULL,   "",     "8",  "77777",
					    "rwx", "u=rwx,",  "u",    "u=z",  NULL};
	static const char *const owners[] = {
		"a", "1:2", "a:b", ":g", "u:", NULL, ":", "a:b:c", "a b", NULL};
	static const char *const ports[] = {
		"80", "80/tcp", "80/UDP", "80-90/sctp", "8080:80", "127.0.0.1:80:80", NULL,
		"",   "x",	"70000",  "90-80",	"80/",	   "80/http",	      NULL};
	static const char *const signals[] = {"SIGTERM", "term", "9",  "SIGRTMIN+3", "RTMIN", NULL,
					      "",	 "0",	 "99", "SIGNO",	     NULL};
	static const char *const times[] = {"0",     "0s",     "30s", "1m30s", "1.5h",
					    "100ms", "1h2m3s", NULL,  "",      "5",
					    "1x",    "1us",    "s",   "-1s",   NULL};
	static const char *const platforms[] = {
		"linux", "amd64", "linux/amd64", "linux/arm/v7", "windows/amd64", "Linux/ARM64",
		NULL,	 "",	  "what",	 "linux/",	 "a/b/c/d",	  NULL};

	(void)state;
	check_values(values_chmod, modes);
	check_values(values_chown, owners);
	check_values(values_port, ports);
	check_values(values_signal, signals);
	check_values(duration, times);
	check_values(platform, platforms);
	assert_int_equal(remote_kind("https://a/b.tar"), REMOTE_URL);
	assert_int_equal(remote_kind("https://a/b.git#main:dir"), REMOTE_GIT);
	assert_int_equal(remote_kind("https://a/b.git?tag=v1"), REMOTE_GIT);
	assert_int_equal(remote_kind("git@a.b:c/d.git"), REMOTE_GIT);
	assert_int_equal(remote_kind("git://a/b"), REMOTE_GIT);
	assert_int_equal(remote_kind("ssh://a/b"), REMOTE_GIT);
	assert_int_equal(remote_kind("github.com/a/b"), REMOTE_NONE);
	assert_int_equal(remote_kind("a@b/c"), REMOTE_NONE);
	assert_int_equal(remote_kind("a.git"), REMOTE_NONE);
}

/* A small file whose variables want to fill the memory. */
static void limits(void **state)
{
	static const char *const lines[] = {"LABEL a=$a\n", "EXPOSE $b$a\n",
					    "RUN --mount=target=/b,id=$a x\n",
					    "RUN --mount=type=$b,target=/b,id=$a x\n"};
	/* Before the first FROM, in one stage, and a little in each of many. */
	static const char *const args[] = {"", "", "FROM a\nARG a\n"};
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *large = NULL, *many = NULL, *names = NULL, *steps = NULL;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(args); k++) {
		buf_reset(&text);
		buf_addstr(&text, k == 1 ? "FROM a\nARG a=0123456789abcdef\n"
					 : "ARG a=0123456789abcdef\n");
		for (int i = 0; i < 15; i++)
			buf_addstr(&text, "ARG a=$a$a\n");
		for (int i = 0; i < 200; i++)
			buf_addf(&text, "%sARG b%d=$a\n", args[k], i);
		buf_addstr(&text, "FROM b\n");
		free(large);
		large = dump(text.data, no_pairs, no_pairs, NULL);
		if (!strstr(large, "the file is larger than 64 MiB"))
			fail_msg("%s: %.100s", args[k], large);
	}
	for (size_t k = 0; k < ARRAY_SIZE(lines); k++) {
		buf_reset(&text);
		buf_addstr(&text, "FROM a\nENV a=0123456789abcdef\n");
		for (int i = 0; i < 15; i++)
			buf_addstr(&text, "ENV a=$a$a\n");
		for (int i = 0; i < 1000; i++)
			buf_addstr(&text, lines[k]);
		free(large);
		large = dump(text.data, no_pairs, no_pairs, NULL);
		if (!strstr(large, "the file is larger than 64 MiB"))
			fail_msg("%s: %.100s", lines[k], large);
	}
	buf_reset(&text);
	for (int i = 0; i <= GRAPH_STAGES_MAX; i++)
		buf_addstr(&text, "FROM a\n");
	many = dump(text.data, no_pairs, no_pairs, NULL);
	assert_string_equal(many, "D:1001: more than 1000 stages");
	buf_reset(&text);
	buf_addstr(&text, "FROM scratch AS a\n");
	for (int i = 0; i < 1000; i++)
		buf_addstr(&text, "ONBUILD RUN x\n");
	for (int i = 0; i < 900; i++)
		buf_addstr(&text, "FROM a\n");
	steps = dump(text.data, no_pairs, no_pairs, NULL);
	assert_non_null(strstr(steps, "more than 200000 steps"));
	buf_reset(&text);
	buf_addstr(&text, "FROM scratch\n");
	for (int i = 0; i <= VARIABLES_MAX; i++)
		buf_addf(&text, "ENV a%d=1\n", i);
	names = dump(text.data, no_pairs, no_pairs, NULL);
	assert_non_null(strstr(names, "more than 4096 variables"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages), cmocka_unit_test(triggers),
		cmocka_unit_test(scopes), cmocka_unit_test(expansion),
		cmocka_unit_test(errors), cmocka_unit_test(targets_and_contexts),
		cmocka_unit_test(mounts), cmocka_unit_test(access_of_mounts),
		cmocka_unit_test(values), cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
