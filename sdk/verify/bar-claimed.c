// SPDX-License-Identifier: GPL-2.0-only
/*
 * bar-claimed: when vfio-pci takes a BAR's resource, and where it fails if
 * somebody else has it.
 *
 * The somebody is the serial driver: the port that setserial would configure is
 * put on an I/O BAR of another device. That is a real claim by a real driver,
 * which needs nothing in the kernel but what prints these lines.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pci.h"
#include "setup.h"

#define CHECK "bar-claimed"
#define PAGE 4096UL

/* QEMU's pci-testdev has memory in BAR 0 and I/O ports in BAR 1. */
#define TESTDEV_VENDOR 0x1b36
#define TESTDEV_DEVICE 0x0005

/* As in the kernel's serial_core.h. */
#define PORT_TYPE_NONE 0
#define PORT_TYPE_8250 1
#define IO_TYPE_PORT 0

struct claim {
	bool at_open;
	bool after_use;
	const char *conflict;
	int conflict_errno;
};

static int own(const struct target *target, struct claim *claim, struct failure *failure)
{
	struct vfio_device device;
	struct pci_bar where;
	struct vfio_bar bar;
	uint32_t value;
	int result = -1;

	if (vfio_open(&device, target->address, failure))
		return -1;
	if (pci_bar(target->address, target->bar, &where, failure) ||
	    pci_bar_claimed(target->address, &where, "vfio", &claim->at_open, failure) ||
	    vfio_bar(&device, target->bar, &bar, failure))
		goto out;
	if (vfio_set_memory(&device, true) ||
	    pread(device.device, &value, 4, bar.offset + target->reg) != 4) {
		fail(failure, "the register cannot be read");
		goto out;
	}
	result = pci_bar_claimed(target->address, &where, "vfio", &claim->after_use, failure);
out:
	vfio_close(&device);
	return result;
}

/* Puts the serial port on the BAR, or takes it away with a type of none. */
static int place_serial(int fd, int type, unsigned int port, struct failure *failure)
{
	struct serial_struct serial;

	if (ioctl(fd, TIOCGSERIAL, &serial))
		return fail(failure, "TIOCGSERIAL");
	serial.type = type;
	serial.port = port & 0xffff;
	serial.port_high = 0;
	serial.irq = 0;
	serial.io_type = IO_TYPE_PORT;
	if (ioctl(fd, TIOCSSERIAL, &serial))
		return fail(failure, "TIOCSSERIAL");
	return 0;
}

static const char *use_bar(const struct vfio_bar *bar)
{
	uint32_t value;
	void *page;

	if (bar->may_map) {
		page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, bar->device->device, bar->offset);
		if (page == MAP_FAILED)
			return "failed-at-mmap";
		munmap(page, PAGE);
	}
	return pread(bar->device->device, &value, 1, bar->offset) == 1 ? "ok" : "failed-at-read";
}

static void conflicting_use(const char *address, int index, struct claim *claim)
{
	struct vfio_device device;
	struct failure failure;
	struct vfio_bar bar;

	claim->conflict = "failed-at-open";
	if (vfio_open(&device, address, &failure)) {
		claim->conflict_errno = failure.error;
		return;
	}
	if (!vfio_bar(&device, index, &bar, &failure)) {
		errno = 0;
		claim->conflict = use_bar(&bar);
		claim->conflict_errno = errno;
	}
	vfio_close(&device);
}

static int find_io_bar(const char *address, struct pci_bar *bar, struct failure *failure)
{
	int index;

	for (index = 0; index < PCI_BARS; index++) {
		if (pci_bar(address, index, bar, failure))
			return -1;
		if (bar->space == PCI_SPACE_IO)
			return index;
	}
	errno = ENODEV;
	return fail(failure, "pci-testdev has no I/O BAR");
}

static int claimed_by_serial(const char *address, int serial, struct claim *claim,
			     struct failure *failure)
{
	struct pci_bar bar;
	int index = find_io_bar(address, &bar, failure);
	bool there = false;

	if (index < 0 || place_serial(serial, PORT_TYPE_8250, bar.start, failure))
		return -1;
	if (pci_bar_claimed(address, &bar, "serial", &there, failure))
		return -1;
	if (!there) {
		errno = EBUSY;
		return fail(failure, "the serial driver has not claimed the I/O BAR");
	}
	conflicting_use(address, index, claim);
	return place_serial(serial, PORT_TYPE_NONE, 0, failure);
}

static int conflict(struct claim *claim, struct failure *failure)
{
	char address[16];
	int serial, result;

	if (pci_find(TESTDEV_VENDOR, TESTDEV_DEVICE, address, sizeof(address), failure) ||
	    pci_bind_vfio(address, failure))
		return -1;
	serial = open("/dev/ttyS3", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (serial < 0)
		return fail(failure, "/dev/ttyS3 cannot be opened");
	result = claimed_by_serial(address, serial, claim, failure);
	close(serial);
	return result;
}

void check_bar_claimed(const struct target *target)
{
	struct claim claim = { .conflict = "" };
	struct failure failure;
	struct report report;

	if (own(target, &claim, &failure) || conflict(&claim, &failure)) {
		report_setup_failed(CHECK, &failure);
		return;
	}
	report_begin(&report, "result");
	report_text(&report, "check", CHECK);
	report_text(&report, "outcome", "completed");
	report_number(&report, "cycles", 1);
	report_flag(&report, "claimedAtOpen", claim.at_open);
	report_flag(&report, "claimedAfterUse", claim.after_use);
	report_text(&report, "conflictOutcome", claim.conflict);
	report_number(&report, "conflictErrno", claim.conflict_errno);
	report_send(&report);
}
