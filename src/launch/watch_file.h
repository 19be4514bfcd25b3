/*
 * watch_file.h - the file that a call of a watched process was about, and whether it is the box
 * that refused it.
 */
#ifndef LAUNCH_WATCH_FILE_H
#define LAUNCH_WATCH_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "launch/watch_calls.h"
#include "launch/watch_record.h"

/*
 * Notes what of the arguments of a call was refused, with error. Call it in a stop of the thread.
 * Leaves out what owner and mode refuse too, and what is in mounts or a root of the program's own.
 */
void watch_file_note(struct watch_record *record, pid_t tid, const struct watch_call *call,
		     const uint64_t args[6], int error);

#endif
