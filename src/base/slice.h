/*
 * slice.h - how soon this process runs when others keep the processors busy.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

/*
 * Asks the scheduler for the shortest time slice. A process with a short slice runs as soon as it
 * wakes or is born, where one with the usual slice waits until the program that runs has used up
 * its own, some milliseconds. Its share of the processor stays the same. Children inherit it, and
 * programs that they execute.
 *
 * Does nothing before Linux 6.12, for a real-time or batch process, and where it is refused.
 */
void slice_shorten(void);

/* Back to the slice that this process, or the one that it is a copy of, had before. */
void slice_restore(void);

#endif
