#include <stdio.h>

/* How many lines a file has. */
long count_lines(FILE *file);
