/*
 * insist.c - the second signal ends the client.
 *
 * The first signal goes to the command, which may take its time or ignore it. A command that does
 * not end, output that fills a terminal that nobody reads, or a stopped pid 1: none of these keeps
 * the client from ending at the second. So the handler ends it, not a loop that may be blocked.
 * What the client leaves behind is the same as after any kill: pid 1 ends the session, the next
 * command cleans up.
 */
#include "launch/insist.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/proc.h"
#include "launch/protocol.h"
#include "launch/terminal.h"

static const int kinds[] = {SIGINT, SIGTERM, SIGQUIT};

static struct {
	bool on;
	int connection;
	struct sigaction before[ARRAY_SIZE(kinds)];
	volatile sig_atomic_t told[ARRAY_SIZE(kinds)];
} insist;

static size_t index_of(int sig)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(kinds) && kinds[i] != sig)
		i++;
	return i;
}

/* Calls only what a handler may call; signal-safety(7). */
static void pass_on(int sig)
{
	struct message m = {.type = MESSAGE_SIGNAL, .value = sig};
	size_t i = index_of(sig);
	int saved = errno;

	if (insist.told[i]) {
		terminal_restore_now();
		proc_die_as(STATUS_OF_SIGNAL(sig));
	}
	insist.told[i] = true;
	message_send(insist.connection, &m, NULL, 0, MSG_DONTWAIT);
	errno = saved;
}

void insist_begin(int connection, int told, const sigset_t *ignored)
{
	struct sigaction sa = {.sa_handler = pass_on}; /* no SA_RESTART: it interrupts write() */
	size_t i = index_of(told);
	sigset_t open;

	if (told && i < ARRAY_SIZE(kinds))
		insist.told[i] = true;
	if (insist.on)
		return;
	insist.on = true;
	insist.connection = connection;
	sigemptyset(&open);
	sigfillset(&sa.sa_mask);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		sigaction(kinds[i], NULL, &insist.before[i]);
		if (sigismember(ignored, kinds[i]))
			continue;
		sigaction(kinds[i], &sa, NULL);
		sigaddset(&open, kinds[i]);
	}
	sigprocmask(SIG_UNBLOCK, &open, NULL);
}

void insist_end(void)
{
	for (size_t i = 0; insist.on && i < ARRAY_SIZE(kinds); i++) {
		sigaction(kinds[i], &insist.before[i], NULL);
		insist.told[i] = false;
	}
	insist.on = false;
}
