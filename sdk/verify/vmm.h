/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVK_VMM_H
#define EVK_VMM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#include "guest.h"
#include "report.h"
#include "vfio.h"

enum vmm_slot { SLOT_RAM, SLOT_BAR, SLOT_DUMMY };

/* MMIO exits, and how they were answered. */
struct exits {
	uint64_t mmio;
	uint64_t reads;
	uint64_t read_errors;
	uint64_t writes;
	uint64_t write_errors;
};

struct vmm {
	int kvm;
	int vm;
	int vcpu;
	struct kvm_run *run;
	uint32_t run_size;
	void *ram;
	void *dummy;
	bool dummy_logs;
	volatile struct mailbox *mailbox;
	const struct vfio_bar *bar; /* answers MMIO; NULL: nothing does */
	struct exits exits;
};

enum vmm_stop {
	VMM_STEP, /* the guest has ended its step */
	VMM_ERROR, /* KVM_RUN failed, see errno */
	VMM_UNCLAIMED, /* an MMIO exit where there is no BAR */
	VMM_STRANGE, /* an exit that this guest cannot cause */
};

int vmm_create(struct vmm *vmm, struct guest_code code, uint64_t reg, struct failure *failure);
void vmm_destroy(struct vmm *vmm);

int vmm_set_slot(struct vmm *vmm, enum vmm_slot slot, uint64_t guest, void *host, uint64_t size,
		 uint32_t flags);

/* An update of the memory slots that touches neither RAM nor the BAR. */
int vmm_update_slots(struct vmm *vmm);

/* Runs the guest to the end of its step, answering MMIO exits on the way. */
enum vmm_stop vmm_step(struct vmm *vmm);

#endif
