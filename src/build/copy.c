/*
 * copy.c - the key and the layer of a COPY or ADD step.
 *
 * Both come from one walk over the same files in the same order; copy_step() makes the key again
 * from what it copies, so that a layer never gets the key of other files.
 */
#include "build/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/first_names.h"
#include "base/path.h"
#include "build/copy_archive.h"
#include "build/copy_digest.h"
#include "build/copy_layer.h"
#include "build/copy_mode.h"
#include "build/copy_owner.h"
#include "build/copy_sources.h"

#define TEXT_BYTES (64u << 10)

/* What is known of the files of one context. */
struct known_tree {
	dev_t dev;
	ino_t ino;
	struct copy_stamps *stamps;
};

struct copy_session {
	int cache_fd;
	struct copy_remotes *remotes;
	pthread_mutex_t lock; /* of all below */
	struct known_tree *trees;
	size_t n_trees;
};

int copy_session_open(int cache_fd, struct copy_session **ret, struct err *e)
{
	struct copy_session *s = xcalloc(1, sizeof(*s));

	(void)e;
	s->cache_fd = cache_fd;
	s->remotes = copy_remotes_new(cache_fd);
	pthread_mutex_init(&s->lock, NULL);
	*ret = s;
	return 0;
}

void copy_session_close(struct copy_session *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_trees; i++)
		copy_stamps_close(s->trees[i].stamps);
	free(s->trees);
	copy_remotes_free(s->remotes);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Those of layers are not kept: a layer has a key of its own. */
static struct copy_stamps *stamps_of(struct copy_session *s, const struct copy_tree *tree)
{
	struct stat st;

	if (!tree->n || fstat(tree->layers[0], &st) < 0)
		return NULL;
	for (size_t i = 0; i < s->n_trees; i++)
		if (s->trees[i].dev == st.st_dev && s->trees[i].ino == st.st_ino)
			return s->trees[i].stamps;
	s->trees = xrealloc(s->trees, s->n_trees + 1, sizeof(*s->trees));
	s->trees[s->n_trees] = (struct known_tree){
		.dev = st.st_dev,
		.ino = st.st_ino,
		.stamps = copy_stamps_open(tree->is_context ? s->cache_fd : -1, tree->layers[0]),
	};
	return s->trees[s->n_trees++].stamps;
}

/* One walk. */
struct copying {
	struct copy_session *session;
	const struct copy_request *req;
	const struct copy_sources *sources;
	struct hash *hash;		  /* of the key; NULL: none is made */
	struct buf text;		  /* what is hashed next */
	struct copy_stamps *stamps;	  /* the session's, of the tree; NULL: not looked for */
	const struct copy_source *hashed; /* the source of these: */
	struct first_names *links;	  /* hard links, which the layer keeps too */

	struct copy_layer *layer;	  /* NULL: only the key is made */
	const struct copy_source *source; /* the current one */
	char *target;			  /* its real path in the layer */
};

static void copying_clear(struct copying *c)
{
	hash_free(c->hash);
	buf_free(&c->text);
	first_names_free(&c->links);
	free(c->target);
}
#define cleanup_copying __attribute__((cleanup(copying_clear)))

static int digest_of(struct copying *c, const struct copy_source *source,
		     const struct copy_entry *entry, unsigned char ret[COPY_STAMP_BYTES],
		     struct err *e)
{
	struct copy_session *s = c->session;
	const unsigned char *known = NULL;
	struct copy_stamps *stamps = NULL;
	struct timespec begun;
	int r;

	if (source->view) {
		pthread_mutex_lock(&s->lock);
		if (!c->stamps)
			c->stamps = stamps_of(s, source->view->tree);
		stamps = c->stamps;
		known = stamps ? copy_stamps_find(stamps, &entry->st) : NULL;
		if (known)
			memcpy(ret, known, COPY_STAMP_BYTES);
		pthread_mutex_unlock(&s->lock);
	}
	if (known)
		return 0;
	clock_gettime(CLOCK_REALTIME, &begun);
	r = copy_digest_file(entry, source->fd, ret, e);
	if (r < 0 || !stamps)
		return r;
	pthread_mutex_lock(&s->lock);
	copy_stamps_add(stamps, &entry->st, &begun, ret);
	pthread_mutex_unlock(&s->lock);
	return 0;
}

/* Many entries at once. */
static void hash_text(struct copying *c)
{
	hash_update(c->hash, c->text.data, c->text.len);
	buf_reset(&c->text);
}

static void end_key(struct copying *c, struct digest *ret)
{
	hash_text(c);
	hash_final(c->hash, ret);
}

/* The layer has a hard link to the first name within the source, and not another file. */
static void add_link_to_key(struct copying *c, const struct copy_source *source,
			    const struct copy_entry *entry)
{
	const char *first;

	if (c->hashed != source)
		first_names_free(&c->links);
	c->hashed = source;
	first = first_names_of(&c->links, &entry->st, entry->path);
	if (!first)
		return;
	copy_digest_text(&c->text, "link to");
	copy_digest_text(&c->text, first);
}

static int add_to_key(struct copying *c, const struct copy_source *source,
		      const struct copy_entry *entry, struct err *e)
{
	unsigned char content[COPY_STAMP_BYTES];
	int r = 0;

	if (entry->type == 'f')
		r = digest_of(c, source, entry, content, e);
	if (r < 0)
		return r;
	if (!*entry->path)
		copy_digest_text(&c->text, source->name);
	if (entry->type == 'f' && source->view)
		add_link_to_key(c, source, entry);
	r = copy_digest_entry(&c->text, entry, entry->type == 'f' ? content : NULL, e);
	if (c->text.len >= TEXT_BYTES)
		hash_text(c);
	return r;
}

/* "/dir/.", "/dir/" and "." are directories, whatever is there. */
static bool is_dir_name(const char *path)
{
	return ends_with(path, "/") || ends_with(path, "/.") || streq(path, ".");
}

/* Where the source goes: into an existing directory, or under the destination's own name. */
static int begin_source(struct copying *c, const struct copy_source *source, bool is_dir,
			struct err *e)
{
	const char *written = c->sources->destination;
	cleanup_free char *dest = path_normalize(c->req->workdir, written), *real = NULL;
	struct copy_layer *l = c->layer;
	mode_t mode = copy_mode_of_parents(l->manner->chmod);
	bool inside = is_dir || is_dir_name(written) || source->unpack;
	int r = view_place(&l->both, dest, &real, e);

	if (r < 0)
		return r;
	copy_layer_next_source(l);
	c->source = source;
	if (!inside && !copy_layer_has_dir(l, real) && c->sources->written > 1)
		return err_set(e, ERR_USAGE,
			       "'%s' is the destination of several sources, and no directory: it "
			       "must end with a '/'",
			       written);
	if (is_dir || is_dir_name(written))
		r = copy_layer_mkdirs(l, real, mode, e);
	if (r == 0 && !is_dir && copy_layer_has_dir(l, real)) {
		r = copy_layer_mkdirs(l, real, mode, e);
		free(c->target);
		c->target = *real ? path_join(real, source->name) : xstrdup(source->name);
		return r;
	}
	if (r == 0 && !is_dir) {
		const char *name = path_basename(real);
		cleanup_free char *parent = xstrndup(real,
						     name > real ? (size_t)(name - real - 1) : 0);

		r = copy_layer_mkdirs(l, parent, mode, e);
	}
	free(c->target);
	c->target = take_ptr(real);
	return r;
}

/* Returns 1 if the file is an archive, which is unpacked then. */
static int unpack(struct copying *c, const struct copy_entry *entry, struct err *e)
{
	cleanup_free char *dest = path_normalize(c->req->workdir, c->sources->destination);
	cleanup_free char *real = NULL;
	cleanup_close int opened = -1;
	int fd = c->source->fd, r;

	if (fd < 0) {
		opened = openat(entry->dir, entry->name,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		fd = opened;
	}
	if (fd < 0)
		return err_sys(e, errno, "cannot read '%s'", entry->real);
	r = copy_archive_is_one(fd, e);
	if (r <= 0)
		return r;
	r = view_place(&c->layer->both, dest, &real, e);
	if (r == 0)
		r = copy_layer_mkdirs(c->layer, real, 0755, e);
	if (r == 0)
		r = copy_archive_unpack(c->layer, real, fd, e);
	return r < 0 ? err_add(e, "cannot unpack '%s'", entry->real) : 1;
}

static int add_to_layer(struct copying *c, const struct copy_source *source,
			const struct copy_entry *entry, struct err *e)
{
	cleanup_free char *real = NULL;
	int r = 0;

	if (c->source != source && source->unpack && entry->type == 'f') {
		c->source = source;
		r = unpack(c, entry, e);
		if (r != 0)
			return r < 0 ? r : 0;
		c->source = NULL;
	}
	if (c->source != source)
		r = begin_source(c, source, entry->type == 'd', e);
	if (r < 0)
		return r;
	real = !*entry->path ? xstrdup(c->target)
	       : *c->target  ? path_join(c->target, entry->path)
			     : xstrdup(entry->path);
	return copy_layer_put(c->layer, real, entry, source->fd, e);
}

static int add(void *ctx, const struct copy_source *source, const struct copy_entry *entry,
	       struct err *e)
{
	struct copying *c = ctx;
	bool keyed = c->hash && !copy_source_is_repository(source);
	int r = keyed ? add_to_key(c, source, entry, e) : 0;

	return r == 0 && c->layer ? add_to_layer(c, source, entry, e) : r;
}

/* The words of the step that decide what becomes of the files. */
static void add_words(struct copying *c)
{
	const struct copy_request *req = c->req;
	const struct strv *flags = &req->step->flags, *args = &req->step->args;

	copy_digest_text(&c->text, req->step->of->in->kind == INSTRUCTION_ADD ? "ADD 1" : "COPY 1");
	copy_digest_text(&c->text, req->workdir);
	for (size_t i = 0; i + 1 < flags->n; i += 2) {
		if (streq(flags->v[i], "from"))
			continue;
		copy_digest_text(&c->text, flags->v[i]);
		copy_digest_text(&c->text, flags->v[i + 1]);
	}
	copy_digest_text(&c->text, "");
	copy_digest_text(&c->text, args->v[args->n - 1]);
	for (size_t i = 0; i < req->step->contents.n; i++)
		copy_digest_text(&c->text, req->step->contents.v[i]);
	for (size_t i = 0; i < req->n_repositories; i++)
		copy_digest_text(&c->text, req->repositories[i].key->hex);
	/* The names of sources matter only with the key of their tree, or --parents. */
	if (!req->from->key)
		return;
	copy_digest_text(&c->text, req->from->key->hex);
	for (size_t i = 0; i + 1 < args->n; i++)
		copy_digest_text(&c->text, args->v[i]);
}

static int walk(struct copying *c, struct err *e)
{
	const struct copy_visitor visitor = {.by_key = !c->layer, .each = add, .ctx = c};

	return copy_sources_walk(c->sources, &visitor, e);
}

static int make_key(struct copy_session *s, const struct copy_request *req, struct digest *ret,
		    struct err *e)
{
	cleanup_copy_sources struct copy_sources sources = {0};
	cleanup_copying struct copying c = {.session = s,
					    .req = req,
					    .sources = &sources,
					    .hash = hash_new(),
					    .text = BUF_INIT};
	int r = copy_sources_read(req, s->remotes, &sources, e);

	add_words(&c);
	if (r == 0 && !req->from->key)
		r = walk(&c, e);
	if (r == 0)
		end_key(&c, ret);
	return r;
}

int copy_key(struct copy_session *s, const struct copy_request *req, struct digest *ret,
	     struct err *e)
{
	int r = make_key(s, req, ret, e);

	return r < 0 ? dockerfile_err(req->file, req->step->of->in->line, e) : 0;
}

static int write_layer(struct copying *c, const struct copy_manner *manner, int upper_fd,
		       int meta_fd, struct err *e)
{
	struct digest key;
	int r = copy_layer_begin(c->layer, manner, upper_fd, meta_fd, e);

	if (r == 0)
		r = walk(c, e);
	if (r == 0)
		r = copy_layer_finish(c->layer, e);
	if (r < 0 || !c->hash)
		return r;
	end_key(c, &key);
	return digest_equal(&key, c->req->key)
		       ? 0
		       : err_set(e, EBUSY,
				 "files of %s changed while they were copied: build again",
				 c->req->from->name);
}

static int make_layer(struct copy_session *s, const struct copy_request *req, int upper_fd,
		      int meta_fd, struct err *e)
{
	cleanup_copy_sources struct copy_sources sources = {0};
	cleanup_copy_layer struct copy_layer layer = {.parent_fd = -1};
	cleanup_copying struct copying c = {
		.session = s, .req = req, .sources = &sources, .layer = &layer, .text = BUF_INIT};
	struct copy_manner manner = {.time = req->time, .limits = req->limits};
	struct owner owner;
	int r = copy_sources_read(req, s->remotes, &sources, e);

	if (r < 0)
		return r;
	manner.base = sources.flags.link ? NULL : req->base;
	manner.chmod = sources.flags.chmod;
	if (sources.flags.chown) {
		r = copy_owner(req->base, sources.flags.chown, &owner, e);
		manner.owner = &owner;
	}
	if (req->key && !req->from->key) {
		c.hash = hash_new();
		add_words(&c);
	}
	return r < 0 ? r : write_layer(&c, &manner, upper_fd, meta_fd, e);
}

int copy_step(struct copy_session *s, const struct copy_request *req, int upper_fd, int meta_fd,
	      struct err *e)
{
	int r = make_layer(s, req, upper_fd, meta_fd, e);

	return r < 0 ? dockerfile_err(req->file, req->step->of->in->line, e) : 0;
}
