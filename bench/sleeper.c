/*
 * sleeper.c - an idle box's program for bench/start: says a byte on stdout that it runs, then
 * stays. Its twin of nothing, `true`, is here too: named "static-true" it just ends.
 */
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	size_t len = argc > 0 ? strlen(argv[0]) : 0;

	if (len >= 4 && strcmp(argv[0] + len - 4, "true") == 0)
		return 0;
	if (write(STDOUT_FILENO, ".", 1) != 1)
		return 1;
	for (;;)
		pause();
}
