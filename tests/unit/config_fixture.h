/*
 * config_fixture.h - a fresh directory for each test of settings: a project, a home and a user's
 * profiles, and the last result of loading.
 */
#ifndef CONFIG_FIXTURE_H
#define CONFIG_FIXTURE_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "config/settings.h"

static char top[] = "/tmp/sandbox-test-XXXXXX";
static struct settings s;
static struct err e;

static int setup(void **state)
{
	(void)state;
	memcpy(top + strlen(top) - 6, "XXXXXX", 6);
	if (!mkdtemp(top) || chdir(top) < 0)
		return -1;
	if (mkdir("home", 0700) < 0 || mkdir("conf", 0700) < 0 || mkdir("conf/sandbox", 0700) < 0 ||
	    mkdir("conf/sandbox/profiles", 0700) < 0)
		return -1;
	setenv("XDG_CONFIG_HOME", "conf", 1); /* relative: ignored */
	setenv("HOME", top, 1);
	s = (struct settings){0};
	e = (struct err){0};
	return symlink("conf", ".config");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	settings_clear(&s);
	return chdir("/") | nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void put_profile(const char *name, const char *text)
{
	cleanup_free char *path = xasprintf("%s/conf/sandbox/profiles/%s.ini", top, name);

	put(path, text);
}

static int load(const char *variant)
{
	struct settings_request req = {.project_dir = top, .variant = variant};

	settings_clear(&s);
	return settings_load(&req, &s, &e);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
