/*
 * identity_cpu.h - the processor-specific part of switching a process.
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

/* All registers: struct user_regs_struct, whose header also declares a struct user. */
struct cpu {
	unsigned long long words[27];
};

#define CPU_STUB_PAGE 4096 /* bytes of memory for the stub */
#define CPU_STUB_CAPS 2048 /* offset in it of the argument of capset(2) */

/* Reads the registers of a stopped tracee. 0 or -errno. */
int cpu_read(pid_t tid, struct cpu *ret);
int cpu_write(pid_t tid, const struct cpu *cpu);

/*
 * Makes the tracee repeat a call, with value for argument i. Valid in a stop on the way out of a
 * call that was answered with -CPU_AGAIN or was interrupted; the call came by the table of arch
 * (AUDIT_ARCH_*). Returns false and does nothing in any other stop.
 */
#define CPU_AGAIN    513 /* ERESTARTNOINTR, linux/errno.h */
#define CPU_RESTARTS 512 /* ERESTARTSYS: from here on the kernel repeats the call */
bool cpu_call_again(pid_t tid, uint32_t arch, size_t i, uint32_t value);

/* The result of the call that the tracee leaves or has left; a number or an address. */
long cpu_result(const struct cpu *cpu);
uint64_t cpu_page(const struct cpu *cpu);
void cpu_set_result(struct cpu *cpu, long result);

/*
 * An address of an instruction that enters the kernel. After a call by the table of arch
 * (AUDIT_ARCH_*) it is right before the program counter; the vdso has one, too. 0: there is none,
 * or it leads to another table than the program's own.
 */
uint64_t cpu_call_instruction(const struct cpu *cpu, uint32_t arch);
uint64_t cpu_find_call_instruction(const struct cpu *cpu, int proc_fd, pid_t tid);

/* Makes the tracee call mmap(2) for the stub's page, or munmap(2), when it continues. */
void cpu_set_mmap(struct cpu *cpu, uint64_t instruction);
void cpu_set_munmap(struct cpu *cpu, uint64_t instruction, uint64_t page);

/*
 * Writes the stub into the tracee's page and makes the tracee continue there. at_exec: the new
 * program has not started, and any keep-capabilities setting of the old one is void.
 */
int cpu_set_stub(struct cpu *cpu, pid_t tid, uint64_t page, bool at_exec);

/* Has the tracee reached the end of the stub? */
bool cpu_at_stub_end(const struct cpu *cpu, uint64_t page);

#endif
