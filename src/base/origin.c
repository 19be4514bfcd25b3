/*
 * origin.c - keeps the C library from asking where the program lies.
 *
 * When a static program starts, glibc reads /proc/self/exe for what dlopen(3) replaces by $ORIGIN.
 * The kernel makes the process's directory in /proc for that: 24 us, the fifteenth part of
 * `sandbox version`. No static program of ours loads anything. This takes the place of the library's
 * function, and says that the directory is not known; other libraries do not have it, and
 * dynamic programs do not use it.
 */
const char *_dl_get_origin(void); /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c) */

const char *_dl_get_origin(void) /* NOLINT(bugprone-reserved-identifier,cert-dcl37-c) */
{
	return (const char *)-1; /* NOLINT(performance-no-int-to-ptr) */
}
