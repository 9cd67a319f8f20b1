// SPDX-License-Identifier: GPL-2.0-only
/*
 * What disabled-bar and race have in common.
 */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "setup.h"

#define PAGE 4096UL

static int open_bar(struct setup *setup, const struct target *target, struct failure *failure)
{
	if (vfio_bar(&setup->device, target->bar, &setup->bar, failure))
		return -1;
	setup->bar.reg = target->reg;
	if (!setup->bar.may_map || setup->bar.size < PAGE || target->reg % 4 ||
	    target->reg > setup->bar.size - 4) {
		errno = EINVAL;
		return fail(failure,
			    "the BAR has no such register, or VFIO does not let it be mapped");
	}
	if (vfio_set_memory(&setup->device, true))
		return fail(failure, "memory decoding cannot be turned on");
	return vfio_map(&setup->bar, PROT_READ | PROT_WRITE, failure);
}

int setup_open(struct setup *setup, const struct target *target, struct guest_code code,
	       struct failure *failure)
{
	memset(setup, 0, sizeof(*setup));
	if (vfio_open(&setup->device, target->address, failure))
		return -1;
	if (!open_bar(setup, target, failure) &&
	    !vmm_create(&setup->vmm, code, target->reg, failure)) {
		setup->vmm.bar = &setup->bar;
		if (!vmm_set_slot(&setup->vmm, SLOT_BAR, GUEST_BAR, setup->bar.page, PAGE, 0))
			return 0;
		fail(failure, "KVM_SET_USER_MEMORY_REGION of the BAR");
	}
	setup_close(setup);
	return -1;
}

void setup_close(struct setup *setup)
{
	if (setup->vmm.ram)
		vmm_destroy(&setup->vmm);
	vfio_unmap(&setup->bar);
	vfio_close(&setup->device);
}

int setup_peek(const struct setup *setup, uint32_t *value)
{
	return pread(setup->device.device, value, 4, setup->bar.offset + setup->bar.reg) == 4 ? 0 :
												-1;
}

int setup_poke(const struct setup *setup, uint32_t value)
{
	return pwrite(setup->device.device, &value, 4, setup->bar.offset + setup->bar.reg) == 4 ?
		       0 :
		       -1;
}

void setup_stopped(struct report *report, const char *check, const struct setup *setup,
		   enum vmm_stop stop, int error, uint64_t cycle)
{
	report_begin(report, "result");
	report_text(report, "check", check);
	switch (stop) {
	case VMM_STEP:
		report_text(report, "outcome", "completed");
		break;
	case VMM_ERROR:
		report_text(report, "outcome", "kvm-run-failed");
		report_text(report, "detail", strerror(error));
		report_number(report, "errno", error);
		report_number(report, "cycle", cycle);
		break;
	case VMM_UNCLAIMED:
	case VMM_STRANGE:
		report_text(report, "outcome", "wrong-value");
		report_text(report, "where", "exit");
		report_text(report, "expected", "mmio or io");
		report_number(report, "found", setup->vmm.run->exit_reason);
		report_number(report, "cycle", cycle);
		break;
	}
}
