/*
 * test_image_store.c - the lease of the image store: a process that has the store open keeps what
 * it is making, whatever other lease it tried to get.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "image/name/conf.h"
#include "image/store/store.h"
#include "store/lease.h"

static char top[] = "/tmp/sandbox-test-XXXXXX";
static struct image_conf conf;
static struct err e;

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	setenv("HOME", top, 1);
	setenv("XDG_DATA_HOME", top, 1);
	unsetenv("XDG_CONFIG_HOME");
	return image_conf_load(&conf, &e);
}

static int teardown(void **state)
{
	(void)state;
	image_conf_clear(&conf);
	return file_remove_tree(AT_FDCWD, top, &e);
}

/* flock(2) releases a shared lock before it finds that it cannot be exclusive. */
static void a_lease_that_cannot_be_alone_stays(void **state)
{
	struct image_store a = IMAGE_STORE_INIT, b = IMAGE_STORE_INIT, c = IMAGE_STORE_INIT;
	char *name;
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(image_store_open(&a, &conf, &e), 0);
	assert_int_equal(image_store_open(&b, &conf, &e), 0);
	assert_int_equal(image_store_tmpfile(&a, &name, &fd, &e), 0);
	assert_false(store_lease_take_alone(a.lease, 0));
	assert_false(store_lease_take_alone(a.lease, 20));
	image_store_close(&b);
	/* Work in progress is not taken for leftovers of a killed command. */
	assert_int_equal(image_store_open(&c, &conf, &e), 0);
	assert_int_equal(fstatat(a.fd, name, &st, 0), 0);
	image_store_close(&c);
	assert_true(store_lease_take_alone(a.lease, 0));
	close(fd);
	free(name);
	image_store_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_lease_that_cannot_be_alone_stays, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("test_image_store", tests, NULL, NULL);
}
