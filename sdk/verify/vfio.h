/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVK_VFIO_H
#define EVK_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

/* A PCI function that vfio-pci has opened for us. */
struct vfio_device {
	char address[16];
	int container;
	int group;
	int device;
	uint64_t config;
	uint16_t command;
};

/* A region of it, and the one page of it that the guest gets. */
struct vfio_bar {
	const struct vfio_device *device;
	uint64_t offset; /* of the region, in the device's file */
	uint64_t size;
	bool may_map;
	uint64_t reg; /* the register that is used, in the region */
	void *page;
};

/*
 * All return 0, or -1 and the failure. Only vfio_open_device() runs code of
 * vfio-pci's that enables the device; the steps before it are vfio's own.
 */
int vfio_attach(struct vfio_device *device, const char *address, struct failure *failure);
int vfio_open_device(struct vfio_device *device, struct failure *failure);
int vfio_open(struct vfio_device *device, const char *address, struct failure *failure);
void vfio_close(struct vfio_device *device);

int vfio_bar(const struct vfio_device *device, int index, struct vfio_bar *bar,
	     struct failure *failure);
int vfio_map(struct vfio_bar *bar, int protection, struct failure *failure);
void vfio_unmap(struct vfio_bar *bar);

/* Turns memory decoding on or off, as a guest's write to PCI_COMMAND would. */
int vfio_set_memory(struct vfio_device *device, bool on);

#endif
