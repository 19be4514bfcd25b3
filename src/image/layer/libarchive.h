/*
 * libarchive.h - libarchive, loaded when the first archive is opened.
 *
 * It loads nine other libraries, among them libxml2, ICU and the C++ library, and most commands
 * open no archive: `pull` of an up-to-date image would spend a third of its time on loading them.
 * The program is not linked with libarchive, so a call without `la.` fails to link.
 */
#ifndef IMAGE_LAYER_LIBARCHIVE_H
#define IMAGE_LAYER_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"

/* The functions that we call. */
/* clang-format off */
#define LIBARCHIVE_FUNCTIONS(F) \
	F(archive_errno) F(archive_error_string) F(archive_filter_count) F(archive_set_error) \
	F(archive_read_data) F(archive_read_data_block) F(archive_read_free) F(archive_read_new) \
	F(archive_read_next_header) F(archive_read_open) F(archive_read_open_memory) \
	F(archive_read_support_filter_bzip2) F(archive_read_support_filter_compress) \
	F(archive_read_support_filter_lz4) F(archive_read_support_filter_lzip) \
	F(archive_read_support_filter_lzma) F(archive_read_support_format_empty) \
	F(archive_read_support_format_raw) F(archive_read_support_format_tar) \
	F(archive_write_close) F(archive_write_data) F(archive_write_free) \
	F(archive_write_header) F(archive_write_new) F(archive_write_open_fd) \
	F(archive_write_set_bytes_in_last_block) F(archive_write_set_bytes_per_block) \
	F(archive_write_set_format_option) F(archive_write_set_format_pax) \
	F(archive_write_set_format_pax_restricted) \
	F(archive_entry_copy_stat) F(archive_entry_filetype) F(archive_entry_free) \
	F(archive_entry_gid) F(archive_entry_hardlink) F(archive_entry_mode) \
	F(archive_entry_mtime) F(archive_entry_mtime_is_set) F(archive_entry_mtime_nsec) \
	F(archive_entry_new) F(archive_entry_pathname) F(archive_entry_perm) \
	F(archive_entry_rdevmajor) F(archive_entry_rdevminor) F(archive_entry_set_filetype) \
	F(archive_entry_set_gid) F(archive_entry_set_hardlink) F(archive_entry_set_mtime) \
	F(archive_entry_set_pathname) F(archive_entry_set_perm) F(archive_entry_set_rdevmajor) \
	F(archive_entry_set_rdevminor) F(archive_entry_set_size) F(archive_entry_set_symlink) \
	F(archive_entry_set_uid) F(archive_entry_size) F(archive_entry_symlink) \
	F(archive_entry_uid) F(archive_entry_unset_atime) F(archive_entry_unset_birthtime) \
	F(archive_entry_unset_ctime) F(archive_entry_xattr_add_entry) \
	F(archive_entry_xattr_next) F(archive_entry_xattr_reset)
/* clang-format on */

struct libarchive {
#define LIBARCHIVE_MEMBER(name) __typeof__(name) *name;
	LIBARCHIVE_FUNCTIONS(LIBARCHIVE_MEMBER)
#undef LIBARCHIVE_MEMBER
};

/* Filled in by the two functions below, the only ones that make a struct archive. */
extern struct libarchive la;

/*
 * The caller frees with la.archive_read_free() or la.archive_write_free(). ELIBACC: libarchive
 * cannot be loaded.
 */
int libarchive_reader(struct archive **ret, struct err *e);
int libarchive_writer(struct archive **ret, struct err *e);

#endif
