/*
 * identity_cpu.h - what the switch of a process needs to know of the processor.
 */
#ifndef LAUNCH_IDENTITY_CPU_H
#define LAUNCH_IDENTITY_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__x86_64__)
#define IDENTITY_SUPPORTED 1
#else
#define IDENTITY_SUPPORTED 0
#endif

/* All registers; struct user_regs_struct, whose header has a struct user as well. */
struct cpu {
	unsigned long long words[27];
};

#define CPU_STUB_PAGE 4096 /* bytes of memory that the stub is given */
#define CPU_STUB_CAPS 2048 /* where in it the argument of capset(2) lies */

/* Of a tracee in a stop. 0 or -errno. */
int cpu_read(pid_t tid, struct cpu *ret);
int cpu_write(pid_t tid, const struct cpu *cpu);

/*
 * In a stop on the way out of a call that was answered with -CPU_AGAIN, or was interrupted: it is made
 * again, with value for argument i. It came by the table of arch (AUDIT_ARCH_*). False, with nothing
 * done, in any other stop.
 */
#define CPU_AGAIN 513 /* ERESTARTNOINTR, linux/errno.h */
bool cpu_call_again(pid_t tid, uint32_t arch, size_t i, uint32_t value);

/* What the call that the tracee comes out of, or came out of, returned; as a number or an address. */
long cpu_result(const struct cpu *cpu);
uint64_t cpu_page(const struct cpu *cpu);
void cpu_set_result(struct cpu *cpu, long result);

/*
 * An address of an instruction that enters the kernel. After a call, which came by the table of arch
 * (AUDIT_ARCH_*), it lies right before the program counter; the vdso has one, too. 0: there is none,
 * or it leads to another table than the program's own.
 */
uint64_t cpu_call_instruction(const struct cpu *cpu, uint32_t arch);
uint64_t cpu_find_call_instruction(const struct cpu *cpu, int proc_fd, pid_t tid);

/* Makes the tracee do mmap(2) of the stub's page, or munmap(2) of it, when it goes on. */
void cpu_set_mmap(struct cpu *cpu, uint64_t instruction);
void cpu_set_munmap(struct cpu *cpu, uint64_t instruction, uint64_t page);

/*
 * Writes the stub into the tracee's page and sets it to start there. at_exec: the program has not
 * begun, and what it had said of keeping capabilities is void.
 */
int cpu_set_stub(struct cpu *cpu, pid_t tid, uint64_t page, bool at_exec);

/* The stub has come to its end. */
bool cpu_at_stub_end(const struct cpu *cpu, uint64_t page);

#endif
