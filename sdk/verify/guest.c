// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest. It runs in real mode, where es.base alone makes the BAR its own.
 */

#include <stddef.h>

#include "guest.h"

_Static_assert(offsetof(struct mailbox, read) == 0x00, "the code below has it so");
_Static_assert(offsetof(struct mailbox, writes) == 0x04, "the code below has it so");
_Static_assert(offsetof(struct mailbox, write) == 0x08, "the code below has it so");
_Static_assert(offsetof(struct mailbox, magic) == 0x0c, "the code below has it so");
_Static_assert(offsetof(struct mailbox, reads) == 0x10, "the code below has it so");
_Static_assert(offsetof(struct mailbox, wrong) == 0x14, "the code below has it so");
_Static_assert(offsetof(struct mailbox, wrong_value) == 0x18, "the code below has it so");
_Static_assert(GUEST_MAILBOX == 0x800 && GUEST_PORT == 0x80, "the code below has it so");

/* A step: read the register, tell the host, write the register if asked to. */
asm(".pushsection .rodata\n"
    "	.code16\n"
    "step_start:\n"
    "	movl	%es:0, %eax\n"
    "	movl	%eax, 0x800\n"
    "	cmpl	$0, 0x804\n"
    "	je	1f\n"
    "	movl	0x808, %eax\n"
    "	movl	%eax, %es:0\n"
    "1:	outb	%al, $0x80\n"
    "	jmp	step_start\n"
    "step_end:\n"
    "	.code64\n"
    "	.popsection");

/* A burst of a spin: eight times read the register, judge, write the same. */
asm(".pushsection .rodata\n"
    "	.code16\n"
    "spin_start:\n"
    "	movw	$8, %cx\n"
    "1:	movl	%es:0, %eax\n"
    "	incl	0x810\n"
    "	cmpl	0x80c, %eax\n"
    "	je	2f\n"
    "	cmpl	$-1, %eax\n"
    "	je	2f\n"
    "	incl	0x814\n"
    "	movl	%eax, 0x818\n"
    "2:	movl	0x80c, %eax\n"
    "	movl	%eax, %es:0\n"
    "	loop	1b\n"
    "	outb	%al, $0x80\n"
    "	jmp	spin_start\n"
    "spin_end:\n"
    "	.code64\n"
    "	.popsection");

/* A step that only writes. */
asm(".pushsection .rodata\n"
    "	.code16\n"
    "write_start:\n"
    "	movl	0x808, %eax\n"
    "	movl	%eax, %es:0\n"
    "	outb	%al, $0x80\n"
    "	jmp	write_start\n"
    "write_end:\n"
    "	.code64\n"
    "	.popsection");

extern const char write_start[], write_end[];
extern const char step_start[], step_end[], spin_start[], spin_end[];

struct guest_code guest_step(void)
{
	return (struct guest_code){ step_start, (unsigned long)(step_end - step_start) };
}

struct guest_code guest_spin(void)
{
	return (struct guest_code){ spin_start, (unsigned long)(spin_end - spin_start) };
}

struct guest_code guest_write(void)
{
	return (struct guest_code){ write_start, (unsigned long)(write_end - write_start) };
}
