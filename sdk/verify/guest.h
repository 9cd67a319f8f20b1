/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVK_GUEST_H
#define EVK_GUEST_H

#include <stdint.h>

/* The guest's physical addresses. */
#define GUEST_CODE 0x0000UL
#define GUEST_MAILBOX 0x0800UL
#define GUEST_RAM_SIZE 0x10000UL
#define GUEST_BAR 0x10000000UL
#define GUEST_DUMMY 0x20000000UL

/* The port by which the guest ends a step. */
#define GUEST_PORT 0x80

/* What host and guest tell each other; the guest's code has the offsets. */
struct mailbox {
	uint32_t read; /* out: what the BAR's register gave */
	uint32_t writes; /* in: whether the guest is to write at all */
	uint32_t write; /* in: what it writes to the register */
	uint32_t magic; /* in: what spinning takes for right, with all ones */
	uint32_t reads; /* out: how often spinning has read */
	uint32_t wrong; /* out: how often it was something else */
	uint32_t wrong_value; /* out: the last such */
};

/* Position-independent code for real mode: ds is RAM, es:0 is the register. */
struct guest_code {
	const void *start;
	unsigned long size;
};

struct guest_code guest_step(void);
struct guest_code guest_spin(void);
struct guest_code guest_write(void);

#endif
