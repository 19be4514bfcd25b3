#include "count.h"

long count_lines(FILE *file)
{
	long lines = 0;
	int c;

	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	return lines;
}
