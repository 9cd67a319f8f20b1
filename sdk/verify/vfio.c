// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO's group interface, as far as a VMM needs it for one BAR.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vfio.h"

#define PAGE 4096UL

static int group_of(const char *address, char *path, size_t size)
{
	char link[160], target[256];
	const char *last;
	ssize_t length;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group", address);
	length = readlink(link, target, sizeof(target) - 1);
	if (length < 0)
		return -1;
	target[length] = '\0';
	last = strrchr(target, '/');
	snprintf(path, size, "/dev/vfio/%s", last ? last + 1 : target);
	return 0;
}

int vfio_attach(struct vfio_device *device, const char *address, struct failure *failure)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[280];

	memset(device, 0, sizeof(*device));
	device->container = device->group = device->device = -1;
	snprintf(device->address, sizeof(device->address), "%s", address);
	if (group_of(address, path, sizeof(path)))
		return fail(failure,
			    "the device has no IOMMU group: is there an IOMMU, and is it on?");
	device->group = open(path, O_RDWR | O_CLOEXEC);
	if (device->group < 0)
		return fail(failure,
			    errno == EBUSY ?
				    "the device is in use: its VFIO group is open elsewhere" :
				    "the VFIO group cannot be opened");
	if (ioctl(device->group, VFIO_GROUP_GET_STATUS, &status))
		return fail(failure, "VFIO_GROUP_GET_STATUS");
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		errno = EPERM;
		return fail(failure,
			    "the VFIO group is not viable: a host driver has another device of it");
	}
	device->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (device->container < 0)
		return fail(failure, "/dev/vfio/vfio cannot be opened");
	if (ioctl(device->group, VFIO_GROUP_SET_CONTAINER, &device->container))
		return fail(failure, "VFIO_GROUP_SET_CONTAINER");
	if (ioctl(device->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return fail(failure, "VFIO_SET_IOMMU");
	return 0;
}

int vfio_open_device(struct vfio_device *device, struct failure *failure)
{
	struct vfio_region_info info = { .argsz = sizeof(info),
					 .index = VFIO_PCI_CONFIG_REGION_INDEX };

	device->device = ioctl(device->group, VFIO_GROUP_GET_DEVICE_FD, device->address);
	if (device->device < 0)
		return fail(failure, "VFIO_GROUP_GET_DEVICE_FD");
	if (ioctl(device->device, VFIO_DEVICE_GET_REGION_INFO, &info))
		return fail(failure, "VFIO_DEVICE_GET_REGION_INFO of config space");
	device->config = info.offset;
	if (pread(device->device, &device->command, 2, device->config + PCI_COMMAND) != 2)
		return fail(failure, "PCI_COMMAND cannot be read");
	return 0;
}

int vfio_open(struct vfio_device *device, const char *address, struct failure *failure)
{
	if (vfio_attach(device, address, failure) || vfio_open_device(device, failure)) {
		vfio_close(device);
		return -1;
	}
	return 0;
}

void vfio_close(struct vfio_device *device)
{
	int *fds[] = { &device->device, &device->group, &device->container };
	unsigned int i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int vfio_bar(const struct vfio_device *device, int index, struct vfio_bar *bar,
	     struct failure *failure)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	memset(bar, 0, sizeof(*bar));
	if (ioctl(device->device, VFIO_DEVICE_GET_REGION_INFO, &info))
		return fail(failure, "VFIO_DEVICE_GET_REGION_INFO of the BAR");
	bar->device = device;
	bar->offset = info.offset;
	bar->size = info.size;
	bar->may_map = info.flags & VFIO_REGION_INFO_FLAG_MMAP;
	return 0;
}

int vfio_map(struct vfio_bar *bar, int protection, struct failure *failure)
{
	uint64_t page = bar->reg & ~(PAGE - 1);
	void *address =
		mmap(NULL, PAGE, protection, MAP_SHARED, bar->device->device, bar->offset + page);

	if (address == MAP_FAILED)
		return fail(failure, "mmap() of the BAR");
	bar->page = address;
	return 0;
}

void vfio_unmap(struct vfio_bar *bar)
{
	if (bar->page)
		munmap(bar->page, PAGE);
	bar->page = NULL;
}

int vfio_set_memory(struct vfio_device *device, bool on)
{
	uint16_t command = on ? device->command | PCI_COMMAND_MEMORY :
				device->command & ~PCI_COMMAND_MEMORY;

	return pwrite(device->device, &command, 2, device->config + PCI_COMMAND) == 2 ? 0 : -1;
}
