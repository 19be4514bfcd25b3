/*
 * copy_mode.c - octal numbers, and the letters of chmod(1).
 */
#include "build/copy_mode.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_number(const char *text)
{
	return strspn(text, "01234567") == strlen(text);
}

/* "ugo" as the bits of all three. */
static mode_t who_bits(const char *who, size_t n)
{
	mode_t bits = 0;

	for (size_t i = 0; i < n; i++)
		bits |= who[i] == 'u'	? S_ISUID | S_IRWXU
			: who[i] == 'g' ? S_ISGID | S_IRWXG
			: who[i] == 'o' ? S_ISVTX | S_IRWXO
					: 07777;
	return n ? bits : 07777;
}

/* The same bits for user, group and others. */
static mode_t for_all(mode_t three)
{
	return three << 6 | three << 3 | three;
}

static mode_t letter_bits(char letter, mode_t mode, bool is_dir)
{
	switch (letter) {
	case 'r':
		return 0444;
	case 'w':
		return 0222;
	case 'x':
		return 0111;
	case 'X':
		return is_dir || mode & 0111 ? 0111 : 0;
	case 's':
		return S_ISUID | S_ISGID;
	case 't':
		return S_ISVTX;
	case 'u':
		return for_all(mode >> 6 & 7);
	case 'g':
		return for_all(mode >> 3 & 7);
	default:
		return for_all(mode & 7);
	}
}

mode_t copy_mode(const char *text, mode_t mode, bool is_dir)
{
	if (is_number(text))
		return (mode_t)strtoul(text, NULL, 8) & 07777;
	mode &= 07777;
	for (; *text; text += *text == ',') {
		size_t n = strspn(text, "ugoa");
		mode_t who = who_bits(text, n);

		text += n;
		while (*text && strchr("+-=", *text)) {
			char how = *text++;
			mode_t bits = 0;

			for (; *text && strchr("rwxXstugo", *text); text++)
				bits |= letter_bits(*text, mode, is_dir);
			bits &= who;
			mode = how == '+'   ? mode | bits
			       : how == '-' ? mode & ~bits
					    : (mode & ~who) | bits;
		}
	}
	return mode;
}

mode_t copy_mode_of_parents(const char *text)
{
	return text && is_number(text) ? copy_mode(text, 0, true) & 0777 : 0755;
}
