/*
 * locale_archive.h - which locales glibc finds.
 */
#ifndef BASE_LOCALE_ARCHIVE_H
#define BASE_LOCALE_ARCHIVE_H

#include <stdbool.h>

/*
 * The name in the form of glibc's files: the codeset reduced to lower-case letters and digits. The
 * caller frees it.
 */
char *locale_normalize(const char *name);

/*
 * Does the archive at path contain this normalized locale name? False if it is not an archive.
 * Layout of the file: locale/locarchive.h of glibc.
 */
bool locale_archive_has(const char *path, const char *name);

#endif
