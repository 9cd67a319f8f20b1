// SPDX-License-Identifier: GPL-2.0-only
/*
 * As process 1 of a machine that was booted for nothing else. Its orders stand
 * on the kernel's command line, with a dot in their names, so that the kernel
 * takes them for a module's and passes none to init.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

#include "checks.h"
#include "pci.h"
#include "program.h"

/* QEMU's ivshmem-plain: its BAR 2 is memory that VFIO lets one map. */
#define IVSHMEM_VENDOR 0x1af4
#define IVSHMEM_DEVICE 0x1110
#define IVSHMEM_BAR 2

struct orders {
	char checks[128];
	unsigned long cycles;
	unsigned long race_cycles;
};

static void mount_all(void)
{
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	/* The kernel may have mounted it already; a second time does no harm. */
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
}

static void read_orders(struct orders *orders)
{
	char line[4096] = "", *rest = line, *word;
	FILE *stream = fopen("/proc/cmdline", "r");

	orders->checks[0] = '\0';
	orders->cycles = 2000;
	orders->race_cycles = 500;
	if (!stream)
		return;
	if (!fgets(line, sizeof(line), stream))
		line[0] = '\0';
	fclose(stream);
	while ((word = strsep(&rest, " \n"))) {
		if (!strncmp(word, "evk.checks=", 11))
			snprintf(orders->checks, sizeof(orders->checks), "%s", word + 11);
		else if (!strncmp(word, "evk.cycles=", 11))
			orders->cycles = strtoul(word + 11, NULL, 10);
		else if (!strncmp(word, "evk.race_cycles=", 16))
			orders->race_cycles = strtoul(word + 16, NULL, 10);
	}
}

static bool cpu_has(const char *flag)
{
	char line[8192], *rest, *word;
	FILE *stream = fopen("/proc/cpuinfo", "r");
	bool found = false;

	if (!stream)
		return false;
	while (!found && fgets(line, sizeof(line), stream)) {
		if (strncmp(line, "flags", 5))
			continue;
		rest = line;
		while (!found && (word = strsep(&rest, " \t\n")))
			found = !strcmp(word, flag);
	}
	fclose(stream);
	return found;
}

static void report_start(const struct orders *orders)
{
	struct report report;
	struct utsname name;

	uname(&name);
	report_begin(&report, "begin");
	report_number(&report, "protocol", 1);
	report_text(&report, "kernel", name.release);
	report_text(&report, "checks", orders->checks);
	report_number(&report, "cycles", orders->cycles);
	report_number(&report, "raceCycles", orders->race_cycles);
	report_flag(&report, "svm", cpu_has("svm"));
	report_flag(&report, "vmx", cpu_has("vmx"));
	report_send(&report);
}

static int find_target(struct target *target, struct failure *failure)
{
	memset(target, 0, sizeof(*target));
	target->bar = IVSHMEM_BAR;
	target->memory = true;
	if (pci_find(IVSHMEM_VENDOR, IVSHMEM_DEVICE, target->address, sizeof(target->address),
		     failure))
		return -1;
	return pci_bind_vfio(target->address, failure);
}

static void run_check(const char *name, const struct target *target, const struct orders *orders)
{
	struct failure failure = { "the reproducer has no such check", EINVAL };

	if (!strcmp(name, "disabled-bar"))
		check_disabled_bar(target, orders->cycles);
	else if (!strcmp(name, "real-faults"))
		check_real_faults(target);
	else if (!strcmp(name, "bar-claimed"))
		check_bar_claimed(target);
	else if (!strcmp(name, "race"))
		check_race(target, orders->race_cycles);
	else
		report_setup_failed(name, &failure);
}

static void run_all(const struct orders *orders)
{
	char list[sizeof(orders->checks)], *rest = list, *name;
	struct failure failure;
	struct target target;
	struct report report;
	uint64_t results = 0;
	bool found = !find_target(&target, &failure);

	strcpy(list, orders->checks);
	while ((name = strsep(&rest, ","))) {
		if (!*name)
			continue;
		if (found)
			run_check(name, &target, orders);
		else
			report_setup_failed(name, &failure);
		results++;
	}
	report_begin(&report, "end");
	report_number(&report, "results", results);
	report_send(&report);
}

int init_main(void)
{
	struct orders orders;

	mount_all();
	read_orders(&orders);
	report_open(true);
	report_start(&orders);
	run_all(&orders);
	report_close();
	/* Or the last lines are lost in the serial port. */
	tcdrain(STDOUT_FILENO);
	sync();
	reboot(RB_POWER_OFF);
	/* No way to power off: the kernel's panic=-1 ends the machine. */
	return 1;
}
