// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio-bar-check: disabled-bar and real-faults on a real device with a real KVM.
 *
 * The guest only reads the register while the device listens, and writes to it
 * only while it does not. A device that anybody else uses is left alone.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "checks.h"
#include "pci.h"
#include "program.h"
#include "vfio.h"

#define PAGE 4096UL

static int usage(void)
{
	static const char text[] =
		"usage: vfio-bar-check [-n CYCLES] [-b BAR] [-o OFFSET] PCI-ADDRESS\n"
		"\n"
		"Shows whether a guest survives access to a BAR of the device while memory\n"
		"decoding is off. Prints one JSON document; the exit status says only whether\n"
		"the checks could be run. The device must be bound to vfio-pci and not in use.\n"
		"  -n CYCLES   how often decoding is turned off and on (1000)\n"
		"  -b BAR      0 to 5 (the first that VFIO lets one map)\n"
		"  -o OFFSET   a 32-bit register that may be read at any time and does not\n"
		"              change by itself (0)\n";

	fputs(text, stderr);
	return 2;
}

/* What -b would choose; also shows that the device is free, by opening it. */
static int choose_bar(struct target *target, int wanted, struct failure *failure)
{
	struct vfio_device device;
	struct vfio_bar bar;
	int index;

	if (vfio_open(&device, target->address, failure))
		return -1;
	for (index = 0; index < PCI_BARS; index++) {
		if ((wanted < 0 || wanted == index) && !vfio_bar(&device, index, &bar, failure) &&
		    bar.may_map && bar.size >= PAGE)
			break;
	}
	vfio_close(&device);
	if (index < PCI_BARS) {
		target->bar = index;
		return 0;
	}
	errno = ENODEV;
	return fail(failure, "the device has no such BAR that VFIO lets one map");
}

static int prepare(struct target *target, int bar, struct failure *failure)
{
	char driver[64];

	pci_driver(target->address, driver, sizeof(driver));
	if (!*driver) {
		errno = ENODEV;
		return fail(failure, "no such device, or no driver has it: bind it to vfio-pci");
	}
	if (strcmp(driver, "vfio-pci")) {
		errno = EBUSY;
		return fail(failure, "the device is in use: another driver than vfio-pci has it");
	}
	return choose_bar(target, bar, failure);
}

static void report_start(const struct target *target, unsigned long cycles)
{
	struct report report;
	struct utsname name;

	uname(&name);
	report_begin(&report, "begin");
	report_number(&report, "protocol", 1);
	report_text(&report, "kernel", name.release);
	report_text(&report, "node", name.nodename);
	report_text(&report, "device", target->address);
	report_number(&report, "bar", target->bar);
	report_number(&report, "offset", target->reg);
	report_text(&report, "checks", "disabled-bar,real-faults");
	report_number(&report, "cycles", cycles);
	report_send(&report);
}

static bool number(const char *text, unsigned long least, unsigned long most, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end && !errno && *value >= least && *value <= most;
}

int hardware_main(int argc, char **argv)
{
	struct target target = { 0 };
	unsigned long cycles = 1000, bar = 0, offset = 0;
	struct failure failure;
	bool chosen = false, good = true;
	struct report report;
	int option;

	while ((option = getopt(argc, argv, "n:b:o:")) != -1) {
		if (option == 'n')
			good &= number(optarg, 1, ULONG_MAX, &cycles);
		else if (option == 'b')
			good &= chosen = number(optarg, 0, PCI_BARS - 1, &bar);
		else if (option == 'o')
			good &= number(optarg, 0, ULONG_MAX - 3, &offset) && offset % 4 == 0;
		else
			good = false;
	}
	if (!good || optind != argc - 1 || strlen(argv[optind]) >= sizeof(target.address) ||
	    strchr(argv[optind], '/'))
		return usage();
	strcpy(target.address, argv[optind]);
	target.reg = offset;
	if (prepare(&target, chosen ? (int)bar : -1, &failure)) {
		fprintf(stderr, "vfio-bar-check: %s: %s (%s)\n", target.address, failure.what,
			strerror(failure.error));
		return 1;
	}

	report_open(false);
	report_start(&target, cycles);
	check_disabled_bar(&target, cycles);
	check_real_faults(&target);
	report_begin(&report, "end");
	report_number(&report, "results", 2);
	report_send(&report);
	report_close();
	return 0;
}
