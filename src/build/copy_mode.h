/*
 * copy_mode.h - what --chmod makes of a mode.
 */
#ifndef BUILD_COPY_MODE_H
#define BUILD_COPY_MODE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * text is one that values_chmod() accepts; the umask has no say. Returns permission, set-id and
 * sticky bits.
 */
mode_t copy_mode(const char *text, mode_t mode, bool is_dir);

/* Is it a number, which holds for directories that are made too? */
bool copy_mode_is_number(const char *text);

#endif
