/*
 * compose_listens.c - on which ports a service listens, as far as compose files, Dockerfiles and images
 * say it.
 *
 * An image that was not pulled yet, or built, has told nothing: of one that is built, its Dockerfile
 * tells the same, and of the others the name often does.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "build/exposed.h"
#include "config/port_value.h"
#include "config/value.h"
#include "image/devcontainer/composing.h"
#include "image/devcontainer/dockerfile.h"
#include "image/devcontainer/local_image.h"

/* Words in the names of images that many projects use, and what those say that they listen on. */
static const char known_images[] =
	"postg:5432 pgvector:5432 timescale:5432 mysql:3306 mariadb:3306 percona:3306 "
	"redis:6379 valkey:6379 keydb:6379 mongo:27017 mssql:1433 sql-edge:1433 "
	"rabbitmq:5672:15672 memcached:11211 elasticsearch:9200 opensearch:9200 "
	"minio:9000:9001 mailhog:1025:8025 mailpit:1025:8025 mailcatcher:1025:1080 "
	"nats:4222 kafka:9092 zookeeper:2181 localstack:4566 azurite:10000:10001:10002 "
	"dynamodb:8000 cassandra:9042 clickhouse:8123:9000 couchdb:5984 neo4j:7474:7687 "
	"influxdb:8086 etcd:2379 cockroach:26257 meilisearch:7700 adminer:8080";

/* A port of the service, without "/tcp"; ranges and UDP are left out. */
static void add_port(const char *box, struct strv *out)
{
	cleanup_free char *port = xstrndup(box, strcspn(box, "/"));
	unsigned long n;

	if (value_number(port, 1, 65535, &n) && !ends_with(box, "/udp") && !strv_has(out, port))
		strv_push(out, port);
}

/* What is published is listened on, unless it is a box's that uses the service's network. */
static void add_published(const struct node *list, struct strv *out)
{
	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		const struct node *n = list->v[i].value;
		cleanup_free char *host = NULL, *box = NULL;

		if (n->text)
			port_value_split(n->text, &host, &box);
		if (box || node_text(n, "target"))
			add_port(box ? box : node_text(n, "target"), out);
	}
}

static void add_known(const char *image, struct strv *out)
{
	cleanup_strv struct strv words = {0};

	value_words(known_images, &words);
	for (size_t i = 0; i < words.n; i++) {
		char *rest = words.v[i], *word = strsep(&rest, ":"), *port;

		if (!strstr(image, word))
			continue;
		while ((port = strsep(&rest, ":")))
			add_port(port, out);
		return;
	}
}

bool compose_is_known(const struct node *service)
{
	const char *image = node_text(service, "image");
	cleanup_strv struct strv ports = {0};

	add_known(image ? image : "", &ports);
	return ports.n;
}

static void add_ports(const struct strv *ports, struct strv *out)
{
	for (size_t i = 0; i < ports->n; i++)
		add_port(ports->v[i], out);
}

static void add_image(const struct composing *cs, const char *image, struct strv *out)
{
	cleanup_config struct image_config config = {0};
	struct err ignored;

	add_known(image, out);
	if (local_image_config(cs->m, image, &config, &ignored) > 0)
		add_ports(&config.exposed, out);
}

/* What is wrong with the file is told when it is built. */
static void add_built(const struct composing *cs, const struct node *build, struct strv *out)
{
	cleanup_dockerfile_build struct dockerfile_build d = {.features = BUF_INIT};
	cleanup_strv struct strv ports = {0};
	cleanup_buf struct buf text = BUF_INIT;
	cleanup_free char *base = NULL;
	struct err ignored;

	if (!compose_build_describe(cs, build, &d) || !dockerfile_read(cs->resolution, &d, &text) ||
	    exposed_find(text.data, text.len, &d.args, d.target, &ports, &base, &ignored) < 0)
		return;
	add_ports(&ports, out);
	if (base)
		add_image(cs, base, out);
}

void compose_listens(const struct composing *cs, const struct node *service, struct strv *out)
{
	const struct node *exposed = node_get(service, "expose"), *build;
	const char *image = node_text(service, "image");

	for (size_t i = 0; exposed && exposed->kind == NODE_LIST && i < exposed->n; i++)
		if (exposed->v[i].value->text)
			add_port(exposed->v[i].value->text, out);
	build = compose_build_of(cs, service);
	if (build)
		add_built(cs, build, out);
	else
		add_image(cs, image ? image : "", out);
	if (!out->n)
		add_published(node_get(service, "ports"), out);
}
