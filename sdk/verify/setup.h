/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVK_SETUP_H
#define EVK_SETUP_H

#include "checks.h"
#include "vfio.h"
#include "vmm.h"

/* A device, and a guest that has the page of its BAR with the register. */
struct setup {
	struct vfio_device device;
	struct vfio_bar bar;
	struct vmm vmm;
};

int setup_open(struct setup *setup, const struct target *target, struct guest_code code,
	       struct failure *failure);
void setup_close(struct setup *setup);

/* The register, past the guest. */
int setup_peek(const struct setup *setup, uint32_t *value);
int setup_poke(const struct setup *setup, uint32_t value);

/* Begins a result: check, outcome, and how KVM_RUN stopped if that was not as it should be. */
void setup_stopped(struct report *report, const char *check, const struct setup *setup,
		   enum vmm_stop stop, int error, uint64_t cycle);

#endif
