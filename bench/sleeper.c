/*
 * sleeper.c - the program of an idle box for bench/start: writes a byte to stdout when it runs,
 * then stays. Called "static-true" it exits at once.
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
