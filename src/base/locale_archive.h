/*
 * locale_archive.h - which locales glibc finds.
 */
#ifndef BASE_LOCALE_ARCHIVE_H
#define BASE_LOCALE_ARCHIVE_H

#include <stdbool.h>

/* The name as glibc's files have it: the codeset in small letters and digits alone. The caller frees. */
char *locale_normalize(const char *name);

/*
 * Does the archive at path have a locale of this normalized name? What is no archive has none. The
 * file's layout: locale/locarchive.h of glibc.
 */
bool locale_archive_has(const char *path, const char *name);

#endif
