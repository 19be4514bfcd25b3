/* Counts in steps; a debugger can change the step. */
#include <stdio.h>
#include <unistd.h>

int step = 1;

static long count_on(long count)
{
	usleep(10000);
	return count + step;
}

int main(void)
{
	for (long count = 0;; count = count_on(count)) {
		printf("%ld\n", count);
		fflush(stdout);
	}
}
