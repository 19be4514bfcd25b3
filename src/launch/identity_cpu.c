/*
 * identity_cpu.c - registers, and the few instructions that a process is made to run to get another
 * id: x86-64, and i386 programs on it.
 *
 * The stub is in a page of its own, which the tracee is made to map: nothing of the program is
 * overwritten, and no memory of it is touched that could block us. In C it would be
 *
 *	r = prctl(PR_GET_SECUREBITS);		not at an exec
 *	if (r & (KEEP_CAPS | NO_SETUID_FIXUP))
 *		stop(r);			its change of ids can still be taken back
 *	fd = setgroups(0, NULL);		answered with the namespace's descriptor
 *	if (fd < 0)
 *		stop(fd);
 *	r = unshare(CLONE_FS) ?: setns(fd, CLONE_NEWUSER);
 *	close(fd);
 *	if (r)
 *		stop(r);
 *	for (i = 0; prctl(PR_CAPBSET_DROP, i) == 0; i++)
 *		;
 *	stop(capset(&version_3, &nothing));
 */
#include "launch/identity_cpu.h"

#include <errno.h>

#if IDENTITY_SUPPORTED

#include <elf.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <unistd.h>

#include "base/cleanup.h"

#define I386_CS	      0x23 /* __USER32_CS, arch/x86/include/asm/segment.h */
#define I386_MUNMAP   91
#define I386_MMAP2    192
#define X86_64_MMAP   9
#define X86_64_MUNMAP 11

#define VDSO_PAGES 4

/* The page's address is in %r15; call numbers and constants as in the comment above. */
__asm__(".pushsection .rodata\n"
	"identity_stub:\n"
	"	mov $27, %edi\n"
	"	mov $157, %eax\n"
	"	syscall\n"
	"	test $0x14, %al\n"
	"	jnz 9f\n"
	"identity_stub_exec:\n"
	"	xor %edi, %edi\n"
	"	xor %esi, %esi\n"
	"	mov $116, %eax\n"
	"	syscall\n"
	"	test %eax, %eax\n"
	"	js 9f\n"
	"	mov %eax, %r12d\n"
	"	mov $0x200, %edi\n"
	"	mov $272, %eax\n"
	"	syscall\n"
	"	test %eax, %eax\n"
	"	jnz 1f\n"
	"	mov %r12d, %edi\n"
	"	mov $0x10000000, %esi\n"
	"	mov $308, %eax\n"
	"	syscall\n"
	"1:	mov %eax, %r13d\n"
	"	mov %r12d, %edi\n"
	"	mov $3, %eax\n"
	"	syscall\n"
	"	movslq %r13d, %rax\n"
	"	test %eax, %eax\n"
	"	jnz 9f\n"
	"	xor %ebx, %ebx\n"
	"2:	mov $24, %edi\n"
	"	mov %ebx, %esi\n"
	"	mov $157, %eax\n"
	"	syscall\n"
	"	inc %ebx\n"
	"	test %eax, %eax\n"
	"	jz 2b\n"
	"	lea 2048(%r15), %rdi\n"
	"	lea 2056(%r15), %rsi\n"
	"	mov $126, %eax\n"
	"	syscall\n"
	"9:	int3\n"
	"identity_stub_end:\n"
	/* The same with i386's numbers; the page's address is in %edi. */
	"	.code32\n"
	"identity_stub32:\n"
	"	mov $27, %ebx\n"
	"	mov $172, %eax\n"
	"	int $0x80\n"
	"	test $0x14, %al\n"
	"	jnz 9f\n"
	"identity_stub32_exec:\n"
	"	xor %ebx, %ebx\n"
	"	xor %ecx, %ecx\n"
	"	mov $206, %eax\n"
	"	int $0x80\n"
	"	test %eax, %eax\n"
	"	js 9f\n"
	"	mov %eax, %ebp\n"
	"	mov $0x200, %ebx\n"
	"	mov $310, %eax\n"
	"	int $0x80\n"
	"	test %eax, %eax\n"
	"	jnz 1f\n"
	"	mov %ebp, %ebx\n"
	"	mov $0x10000000, %ecx\n"
	"	mov $346, %eax\n"
	"	int $0x80\n"
	"1:	mov %eax, %esi\n"
	"	mov %ebp, %ebx\n"
	"	mov $6, %eax\n"
	"	int $0x80\n"
	"	mov %esi, %eax\n"
	"	test %eax, %eax\n"
	"	jnz 9f\n"
	"	xor %esi, %esi\n"
	"2:	mov $24, %ebx\n"
	"	mov %esi, %ecx\n"
	"	mov $172, %eax\n"
	"	int $0x80\n"
	"	inc %esi\n"
	"	test %eax, %eax\n"
	"	jz 2b\n"
	"	lea 2048(%edi), %ebx\n"
	"	lea 2056(%edi), %ecx\n"
	"	mov $185, %eax\n"
	"	int $0x80\n"
	"9:	int3\n"
	"identity_stub32_end:\n"
	"	.code64\n"
	".popsection\n");

extern const char identity_stub[], identity_stub_exec[], identity_stub_end[];
extern const char identity_stub32[], identity_stub32_exec[], identity_stub32_end[];

_Static_assert(sizeof(struct cpu) == sizeof(struct user_regs_struct), "all registers, no more");

static struct user_regs_struct *regs(struct cpu *cpu)
{
	return (struct user_regs_struct *)cpu->words;
}

static const struct user_regs_struct *regs_of(const struct cpu *cpu)
{
	return (const struct user_regs_struct *)cpu->words;
}

static bool is_i386(const struct cpu *cpu)
{
	return regs_of(cpu)->cs == I386_CS;
}

int cpu_read(pid_t tid, struct cpu *ret)
{
	return ptrace(PTRACE_GETREGS, tid, NULL, ret->words) < 0 ? -errno : 0;
}

int cpu_write(pid_t tid, const struct cpu *cpu)
{
	struct cpu copy = *cpu;

	regs(&copy)->orig_rax = (unsigned long long)-1; /* the kernel must not restart a call */
	return ptrace(PTRACE_SETREGS, tid, NULL, copy.words) < 0 ? -errno : 0;
}

long cpu_result(const struct cpu *cpu)
{
	return is_i386(cpu) ? (int)regs_of(cpu)->rax : (long)regs_of(cpu)->rax;
}

uint64_t cpu_page(const struct cpu *cpu)
{
	return is_i386(cpu) ? (uint32_t)regs_of(cpu)->rax : regs_of(cpu)->rax;
}

void cpu_set_result(struct cpu *cpu, long result)
{
	regs(cpu)->rax = (unsigned long long)result;
}

#define CPU_RESTARTSYS 512 /* ERESTARTSYS, linux/errno.h */

/* All registers but one keep their values, so the kernel restarts the call. */
bool cpu_call_again(pid_t tid, uint32_t arch, size_t i, uint32_t value)
{
	struct user_regs_struct *r;
	struct cpu cpu;

	if (cpu_read(tid, &cpu) < 0)
		return false;
	r = regs(&cpu);
	if ((int)r->orig_rax < 0 || ((int)r->rax != -CPU_AGAIN && (int)r->rax != -CPU_RESTARTSYS))
		return false;
	if (arch == AUDIT_ARCH_I386)
		*(i == 0 ? &r->rbx : i == 1 ? &r->rcx : i == 2 ? &r->rdx : &r->rsi) = value;
	else
		*(i == 0 ? &r->rdi : i == 1 ? &r->rsi : i == 2 ? &r->rdx : &r->r10) = value;
	return ptrace(PTRACE_SETREGS, tid, NULL, cpu.words) == 0;
}

/*
 * syscall (0f 05) and int $0x80 (cd 80) have two bytes; sysenter too returns behind an int $0x80.
 */
uint64_t cpu_call_instruction(const struct cpu *cpu, uint32_t arch)
{
	if (arch != (is_i386(cpu) ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64))
		return 0; /* int $0x80 in a 64-bit program */
	return regs_of(cpu)->rip - 2;
}

/* The address of the vdso, from the auxiliary vector. */
static uint64_t find_vdso(bool i386, int proc_fd, pid_t tid)
{
	char path[32];
	union {
		Elf64_auxv_t wide[64];
		Elf32_auxv_t narrow[64];
	} v = {0};
	cleanup_close int fd = -1;

	snprintf(path, sizeof(path), "%d/auxv", tid);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &v, sizeof(v)) <= 0)
		return 0;
	for (size_t i = 0; i < 64; i++) {
		if (!i386 && v.wide[i].a_type == AT_SYSINFO_EHDR)
			return v.wide[i].a_un.a_val;
		if (i386 && v.narrow[i].a_type == AT_SYSINFO_EHDR)
			return v.narrow[i].a_un.a_val;
	}
	return 0;
}

uint64_t cpu_find_call_instruction(const struct cpu *cpu, int proc_fd, pid_t tid)
{
	const unsigned char *call = (const unsigned char *)(is_i386(cpu) ? "\xcd\x80" : "\x0f\x05");
	uint64_t vdso = find_vdso(is_i386(cpu), proc_fd, tid);
	unsigned char page[4096];
	char path[32];
	cleanup_close int fd = -1;

	snprintf(path, sizeof(path), "%d/mem", tid);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	for (int i = 0; vdso && fd >= 0 && i < VDSO_PAGES; i++, vdso += sizeof(page)) {
		const unsigned char *found;

		if (pread(fd, page, sizeof(page), (off_t)vdso) != sizeof(page))
			break;
		found = memmem(page, sizeof(page), call, 2);
		if (found)
			return vdso + (uint64_t)(found - page);
	}
	return 0;
}

void cpu_set_mmap(struct cpu *cpu, uint64_t instruction)
{
	struct user_regs_struct *r = regs(cpu);
	bool i386 = is_i386(cpu);

	r->rip = instruction;
	r->rax = i386 ? I386_MMAP2 : X86_64_MMAP;
	*(i386 ? &r->rbx : &r->rdi) = 0;
	*(i386 ? &r->rcx : &r->rsi) = CPU_STUB_PAGE;
	r->rdx = PROT_READ | PROT_EXEC;
	*(i386 ? &r->rsi : &r->r10) = MAP_PRIVATE | MAP_ANONYMOUS;
	*(i386 ? &r->rdi : &r->r8) = (unsigned long long)-1;
	*(i386 ? &r->rbp : &r->r9) = 0;
}

void cpu_set_munmap(struct cpu *cpu, uint64_t instruction, uint64_t page)
{
	struct user_regs_struct *r = regs(cpu);
	bool i386 = is_i386(cpu);

	r->rip = instruction;
	r->rax = i386 ? I386_MUNMAP : X86_64_MUNMAP;
	*(i386 ? &r->rbx : &r->rdi) = page;
	*(i386 ? &r->rcx : &r->rsi) = CPU_STUB_PAGE;
}

/* Uses ptrace(2), which can write where the tracee itself cannot. */
static int poke(pid_t tid, uint64_t address, const void *data, size_t size)
{
	for (size_t i = 0; i < size; i += sizeof(long)) {
		long word = 0;

		memcpy(&word, (const char *)data + i,
		       size - i < sizeof(word) ? size - i : sizeof(word));
		if (ptrace(PTRACE_POKEDATA, tid, (void *)(address + i), (void *)word) < 0)
			return -errno;
	}
	return 0;
}

int cpu_set_stub(struct cpu *cpu, pid_t tid, uint64_t page, bool at_exec)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	bool i386 = is_i386(cpu);
	const char *stub = i386 ? identity_stub32 : identity_stub;
	const char *end = i386 ? identity_stub32_end : identity_stub_end;
	const char *start = !at_exec ? stub : i386 ? identity_stub32_exec : identity_stub_exec;
	int r = poke(tid, page, stub, (size_t)(end - stub));

	if (r == 0)
		r = poke(tid, page + CPU_STUB_CAPS, &header, sizeof(header));
	regs(cpu)->rip = page + (uint64_t)(start - stub);
	*(i386 ? &regs(cpu)->rdi : &regs(cpu)->r15) = page;
	return r;
}

bool cpu_at_stub_end(const struct cpu *cpu, uint64_t page)
{
	return regs_of(cpu)->rip ==
	       page + (uint64_t)(is_i386(cpu) ? identity_stub32_end - identity_stub32
					      : identity_stub_end - identity_stub);
}

#else

bool cpu_call_again(pid_t tid, uint32_t arch, size_t i, uint32_t value)
{
	(void)tid, (void)arch, (void)i, (void)value;
	return false;
}

int cpu_read(pid_t tid, struct cpu *ret)
{
	(void)tid, (void)ret;
	return -ENOSYS;
}

int cpu_write(pid_t tid, const struct cpu *cpu)
{
	(void)tid, (void)cpu;
	return -ENOSYS;
}

long cpu_result(const struct cpu *cpu)
{
	(void)cpu;
	return -ENOSYS;
}

uint64_t cpu_page(const struct cpu *cpu)
{
	(void)cpu;
	return 0;
}

void cpu_set_result(struct cpu *cpu, long result)
{
	(void)cpu, (void)result;
}

uint64_t cpu_call_instruction(const struct cpu *cpu, uint32_t arch)
{
	(void)cpu, (void)arch;
	return 0;
}

uint64_t cpu_find_call_instruction(const struct cpu *cpu, int proc_fd, pid_t tid)
{
	(void)cpu, (void)proc_fd, (void)tid;
	return 0;
}

void cpu_set_mmap(struct cpu *cpu, uint64_t instruction)
{
	(void)cpu, (void)instruction;
}

void cpu_set_munmap(struct cpu *cpu, uint64_t instruction, uint64_t page)
{
	(void)cpu, (void)instruction, (void)page;
}

int cpu_set_stub(struct cpu *cpu, pid_t tid, uint64_t page, bool at_exec)
{
	(void)cpu, (void)tid, (void)page, (void)at_exec;
	return -ENOSYS;
}

bool cpu_at_stub_end(const struct cpu *cpu, uint64_t page)
{
	(void)cpu, (void)page;
	return true;
}

#endif
