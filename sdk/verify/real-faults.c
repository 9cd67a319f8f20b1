// SPDX-License-Identifier: GPL-2.0-only
/*
 * real-faults: what no device explains must still end in -EFAULT.
 *
 * Memory that is gone: a slot's ordinary memory is unmapped under the guest.
 * Access that is forbidden: the guest writes to a BAR that the VMM has mapped
 * for reading only. That area is of the kind that the fix is about, and has no
 * page yet, but it is the VMM that is at fault.
 */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "setup.h"

#define CHECK "real-faults"
#define PAGE 4096UL
#define CYCLES 10

struct counts {
	uint64_t cycles;
	uint64_t reads_before;
	uint64_t exits;
	int fault;
	int forbidden;
};

static int map_page(void *address, uint32_t value)
{
	void *page = mmap(address, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (page == MAP_FAILED)
		return -1;
	*(volatile uint32_t *)page = value;
	return 0;
}

/* The error of a step that ought to fail, or 0. */
static int step_error(struct vmm *vmm)
{
	return vmm_step(vmm) == VMM_ERROR ? errno : 0;
}

static int gone(struct vmm *vmm, void *page, struct counts *counts, struct failure *failure)
{
	uint64_t cycle;

	for (cycle = 1; cycle <= CYCLES; cycle++) {
		uint32_t value = 0xa0000000 | cycle;

		if (map_page(page, value))
			return fail(failure, "a page cannot be mapped");
		vmm->mailbox->read = 0;
		errno = 0;
		if (vmm_step(vmm) != VMM_STEP || vmm->mailbox->read != value)
			return fail(failure, "the guest does not read its memory to begin with");
		counts->reads_before++;
		if (munmap(page, PAGE))
			return fail(failure, "a page cannot be unmapped");
		counts->fault = step_error(vmm);
		if (counts->fault != EFAULT)
			return 0;
		counts->cycles = cycle;
	}
	return 0;
}

static int memory_gone(struct counts *counts, struct failure *failure)
{
	struct vmm vmm;
	int result = -1;
	void *page;

	page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return fail(failure, "no memory");
	if (!vmm_create(&vmm, guest_step(), 0, failure)) {
		if (vmm_set_slot(&vmm, SLOT_BAR, GUEST_BAR, page, PAGE, 0))
			fail(failure, "KVM_SET_USER_MEMORY_REGION of a page");
		else
			result = gone(&vmm, page, counts, failure);
		counts->exits += vmm.exits.mmio;
	}
	vmm_destroy(&vmm);
	return result;
}

static int access_forbidden(const struct target *target, struct counts *counts,
			    struct failure *failure)
{
	struct setup setup;

	if (setup_open(&setup, target, guest_write(), failure))
		return -1;
	setup.vmm.mailbox->write = 0xa0000000;
	setup.vmm.bar = NULL;
	if (mprotect(setup.bar.page, PAGE, PROT_READ)) {
		fail(failure, "the BAR cannot be mapped for reading only");
		setup_close(&setup);
		return -1;
	}
	counts->forbidden = step_error(&setup.vmm);
	counts->exits += setup.vmm.exits.mmio;
	setup_close(&setup);
	return 0;
}

void check_real_faults(const struct target *target)
{
	struct counts counts = { 0 };
	struct failure failure;
	struct report report;

	if (memory_gone(&counts, &failure) || access_forbidden(target, &counts, &failure)) {
		report_setup_failed(CHECK, &failure);
		return;
	}
	report_begin(&report, "result");
	report_text(&report, "check", CHECK);
	report_text(&report, "outcome", "completed");
	report_number(&report, "cycles", counts.cycles);
	report_number(&report, "readsBefore", counts.reads_before);
	report_number(&report, "faultErrno", counts.fault);
	report_number(&report, "forbiddenErrno", counts.forbidden);
	report_number(&report, "exits", counts.exits);
	report_send(&report);
}
