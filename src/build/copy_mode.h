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

/*
 * The mode of directories that a destination needs: the permissions of a number, without its other
 * bits, else 0755. The text may be NULL.
 */
mode_t copy_mode_of_parents(const char *text);

#endif
