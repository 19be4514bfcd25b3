/*
 * init_image.c - which image to propose for a project.
 *
 * Promises one that has the project's tools, or in which they can be installed, and gives the
 * reason.
 */
#include "cli/init/init_image.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/path.h"
#include "cli/init/init_signs.h"
#include "rootfs/image.h"
#include "store/store.h"

/* The last part of the repository, and the tag after it, of name[:tag][@digest]. */
struct parts {
	const char *name, *tag;
	size_t len, tag_len;
};

static struct parts parts_of(const char *image)
{
	size_t end = strcspn(image, "@");
	const char *slash = memrchr(image, '/', end);
	struct parts p = {.name = slash ? slash + 1 : image};

	p.len = strcspn(p.name, ":@");
	p.tag = p.name + p.len + (p.name[p.len] == ':');
	p.tag_len = strcspn(p.tag, "@");
	return p;
}

static const struct init_base *base_of(const char *image)
{
	struct parts p = parts_of(image);

	for (size_t i = 0; i < init_n_bases; i++)
		if (strlen(init_bases[i].name) == p.len &&
		    strncmp(init_bases[i].name, p.name, p.len) == 0)
			return &init_bases[i];
	return NULL;
}

/* Does the tag, split at dashes, contain one of the words (NULL-terminated)? */
static bool tag_has(const char *image, const char *const *words)
{
	struct parts p = parts_of(image);

	for (const char *s = p.tag, *end = p.tag + p.tag_len; s < end;) {
		size_t len = strcspn(s, "-_@");

		for (size_t i = 0; words[i]; i++)
			if (strlen(words[i]) == len && strncmp(s, words[i], len) == 0)
				return true;
		s += len + 1;
	}
	return false;
}

static bool tag_begins(const char *image, const char *what)
{
	struct parts p = parts_of(image);

	return p.tag_len >= strlen(what) && strncmp(p.tag, what, strlen(what)) == 0;
}

/* For a local image its layers tell, whatever its name. */
static bool layers_have_apt(const char *image)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_image_root struct image_root root = IMAGE_ROOT_INIT;
	struct digest digest;
	const struct image_request req = {.store = &s, .image = image, .digest = &digest};
	struct err ignored;
	bool has = false;

	if (store_open(&s, &ignored) < 0 || image_digest(&s, image, &digest, &ignored) < 0 ||
	    !digest.hex[0] || image_resolve(&req, &root, &ignored) < 0)
		return false;
	for (size_t i = 0; i < root.lowers.n && !has; i++) {
		cleanup_close int dir = -1, fd = -1;

		dir = open(root.lowers.v[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		has = dir >= 0 &&
		      path_open_beneath(dir, "usr/bin/apt-get", O_PATH, 0, &fd, &ignored) == 0;
	}
	return has;
}

bool init_image_has_apt(const char *image)
{
	static const char *const families[] = {"debian", "ubuntu", "buildpack-deps",
					       "devcontainers"};
	struct parts p = parts_of(image);

	if (starts_with(image, "dir:") || streq(image, "host") ||
	    memmem(p.tag, p.tag_len, "alpine", 6) || tag_begins(image, "windows") ||
	    memmem(p.tag, p.tag_len, "nanoserver", 10))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strstr(image, families[i]))
			return true;
	return base_of(image) != NULL || layers_have_apt(image);
}

bool init_image_has_lang(const char *image, const char *lang)
{
	const struct init_base *base = base_of(image);
	cleanup_strv struct strv langs = {0};

	init_add_words(&langs, base ? base->langs : NULL);
	return strv_has(&langs, lang);
}

/* Releases whose package archives were moved: apt finds nothing at their addresses. */
static bool is_closed(const char *image)
{
	static const char *const names[] = {
		"sarge",   "etch",    "lenny",	 "squeeze", "wheezy", "jessie",	  "stretch",
		"buster",  "precise", "artful",	 "cosmic",  "disco",  "eoan",	  "groovy",
		"hirsute", "impish",  "kinetic", "lunar",   "mantic", "oracular", NULL};
	struct parts p = parts_of(image);
	bool debian = p.len == 6 && strncmp(p.name, "debian", 6) == 0;
	bool ubuntu = p.len == 6 && strncmp(p.name, "ubuntu", 6) == 0;
	long major = strtol(p.tag, NULL, 10), minor;
	const char *dot = memchr(p.tag, '.', p.tag_len);

	if (tag_has(image, names))
		return true;
	if (debian && isdigit((unsigned char)*p.tag))
		return major <= 10;
	minor = dot ? strtol(dot + 1, NULL, 10) : 4;
	/* For Ubuntu, LTS releases (April of even years) stay. */
	return ubuntu && isdigit((unsigned char)*p.tag) &&
	       (major < 14 || (major < 25 && (major % 2 || minor != 4)));
}

static const struct init_language *language(const char *lang)
{
	for (size_t i = 0; i < init_n_languages; i++)
		if (streq(init_languages[i].lang, lang))
			return &init_languages[i];
	return NULL;
}

/* The next number of a version; -1 at its end. */
static long next_part(const char **s)
{
	char *end;
	long n = isdigit((unsigned char)**s) ? strtol(*s, &end, 10) : -1;

	if (n >= 0)
		*s = end + (*end == '.');
	return n;
}

/* Does a version of `parts` numbers satisfy the wanted one? */
static bool version_does(const char *has, const struct init_want *want, int parts)
{
	const char *h = has, *w = want->version;

	for (int i = 0; i < parts; i++) {
		long a = next_part(&h), b = next_part(&w);

		if (b < 0 || a < 0)
			return true;
		if (a != b)
			return !want->exact && a > b;
	}
	return true;
}

/* The first that a release of Debian does not satisfy, or NULL. */
static const struct init_want *unmet(const struct init_guess *g, bool trixie)
{
	for (size_t i = 0; i < g->n_wants; i++) {
		const struct init_language *l = language(g->wants[i].lang);

		if (l && !version_does(trixie ? l->trixie : l->bookworm, &g->wants[i], l->parts))
			return &g->wants[i];
	}
	return NULL;
}

static bool is_trixie(const char *image)
{
	return strstr(image, "trixie") || strstr(image, "stable");
}

/* In the places that the image `host` shows. */
bool init_host_has(const char *program)
{
	static const char *const dirs[] = {"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin"};
	cleanup_strv struct strv found = {0};
	bool yes = false;
	struct err ignored;

	/* What cannot be checked counts as missing. */
	if (*program == '/')
		return dir_match(program, &found, &ignored) == 0 && found.n;
	for (size_t i = 0; i < ARRAY_SIZE(dirs) && !yes; i++) {
		cleanup_free char *path = path_join(dirs[i], program);

		yes = access(path, X_OK) == 0;
	}
	return yes;
}

/* The first program that this machine lacks, or NULL. */
static const char *host_lacks(const struct init_guess *g)
{
	for (size_t i = 0; i < g->programs.n; i++)
		if (!init_host_has(g->programs.v[i]))
			return g->programs.v[i];
	return NULL;
}

/*
 * Are this machine's program versions known to be sufficient? They are known only for Debian's
 * packages.
 */
static bool host_does(const struct init_guess *g)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;

	if (g->lang_image && !g->programs.n)
		return false;
	if (g->npm.n || g->pip.n || g->run.n || g->libraries)
		return false; /* packages cannot be installed in its /usr */
	if (!g->n_wants)
		return true;
	if (file_read(AT_FDCWD, "/etc/os-release", 64u << 10, &text, &ignored) < 0 ||
	    !strstr(text.data, "ID=debian"))
		return false;
	return !unmet(g, strstr(text.data, "trixie") != NULL);
}

/* Was it named by the file whose packages are known? */
static bool is_named(const char *image, const struct init_guess *g)
{
	return g->image && streq(image, g->image);
}

bool init_image_serves(const char *image, const struct init_guess *g)
{
	cleanup_free char *apt = init_image_apt(image, g);

	if (streq(image, "host"))
		return !host_lacks(g) && host_does(g);
	return !*apt || init_image_has_apt(image) || is_named(image, g);
}

char *init_image_apt(const char *image, const struct init_guess *g)
{
	cleanup_strv struct strv words = {0};

	for (size_t i = 0; i < g->n_apt; i++)
		if (!init_image_has_lang(image, g->apt[i].lang))
			init_add_words(&words, g->apt[i].name);
	for (size_t i = 0; is_named(image, g) && i < g->image_apt.n; i++)
		init_add_words(&words, g->image_apt.v[i]);
	return strv_join(&words, " ");
}

char *init_image_apk(const char *image, const struct init_guess *g)
{
	const struct strv none = {0};

	return strv_join(is_named(image, g) ? &g->image_apk : &none, " ");
}

static bool is_here(const struct store *s, const char *image)
{
	struct digest digest;
	struct err ignored;

	return image_digest(s, image, &digest, &ignored) == 0;
}

/* An image of the language itself, with the requested version. The caller frees it. */
static char *language_image(const struct init_want *want)
{
	const struct init_language *l = language(want->lang);
	const char *s = want->version;
	size_t len = strcspn(s, ".");
	cleanup_free char *version = NULL;
	const char *hole = strstr(l->image, "%s");

	if (l->parts == 2 && s[len])
		len += 1 + strcspn(s + len + 1, ".");
	version = xstrndup(s, len);
	return xasprintf("%.*s%s%s", (int)(hole - l->image), l->image, version, hole + 2);
}

/* One to pull, which the first enter does. */
static char *image_to_pull(struct init_guess *g)
{
	const struct init_want *want = unmet(g, false);
	const char *debian = !want ? "debian:bookworm" : !unmet(g, true) ? "debian:trixie" : NULL;
	const char *lacks = host_lacks(g);
	char *image;

	if (g->lang_image) {
		init_add_why(g,
			     "image: %s, for what Debian does not have; the first enter pulls it",
			     g->lang_image);
		return xstrdup(g->lang_image);
	}
	if (want && !debian) {
		want = unmet(g, true);
		image = language_image(want);
		init_add_why(g, "image: %s, as %s asks for %s %s; the first enter pulls it", image,
			     want->file, want->lang, want->version);
		return image;
	}
	init_add_why(g,
		     "image: %s, %s%s; the first enter pulls it, or 'sandbox image bootstrap %s' "
		     "makes it from a Debian mirror",
		     debian,
		     lacks ? "as this machine has no " : "where its packages can be installed",
		     lacks ? lacks : "", debian);
	return xstrdup(debian);
}

/* The one that the project's own file names, or NULL with a note why. */
static char *named_image(struct init_guess *g)
{
	cleanup_free char *apt = g->image ? init_image_apt(g->image, g) : NULL;

	if (!g->image)
		return NULL;
	if (*apt && is_closed(g->image)) {
		init_add_why(
			g,
			"%s: %s is too old: its package archive is closed (--image %s takes it "
			"nevertheless)",
			g->image_file, g->image, g->image);
		return NULL;
	}
	init_add_why(g, "image: %s, as %s has it", g->image, g->image_file);
	if (*apt && !init_image_has_apt(g->image) && !g->image_apk.n)
		init_add_why(g, "%s: packages for it are not known: it may lack tools", g->image);
	return xstrdup(g->image);
}

char *init_choose_image(struct init_guess *g)
{
	static const char *const bases[] = {"debian:bookworm", "debian:trixie", "debian:stable"};
	cleanup_store struct store s = STORE_INIT;
	struct err ignored;
	char *named = named_image(g);

	if (named)
		return named;
	if (!g->n_apt && !g->lang_image)
		return xstrdup("host");
	for (size_t i = 0; !g->lang_image && i < ARRAY_SIZE(bases); i++) {
		if (unmet(g, is_trixie(bases[i])))
			continue;
		if ((s.data || store_open(&s, &ignored) == 0) && is_here(&s, bases[i])) {
			init_add_why(g, "image: %s, which is here: everybody gets the same",
				     bases[i]);
			return xstrdup(bases[i]);
		}
	}
	if (!host_lacks(g) && host_does(g)) {
		init_add_why(g, "image: host, as this machine has what it needs; debian:bookworm "
				"would give everybody the same");
		return xstrdup("host");
	}
	return image_to_pull(g);
}
