// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI functions as sysfs and procfs show them.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pci.h"

#define DEVICES "/sys/bus/pci/devices"

/* As in the kernel's ioport.h, which sysfs prints. */
#define RESOURCE_IO 0x100
#define RESOURCE_MEMORY 0x200

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t done;
	int error;

	if (fd < 0)
		return -1;
	done = write(fd, text, strlen(text));
	error = errno;
	close(fd);
	errno = error;
	return done < 0 ? -1 : 0;
}

static unsigned int read_number(const char *address, const char *file)
{
	char path[160];
	unsigned int number = 0;
	FILE *stream;

	snprintf(path, sizeof(path), DEVICES "/%s/%s", address, file);
	stream = fopen(path, "r");
	if (!stream)
		return 0;
	if (fscanf(stream, "%x", &number) != 1)
		number = 0;
	fclose(stream);
	return number;
}

int pci_find(unsigned int vendor, unsigned int device, char *address, size_t size,
	     struct failure *failure)
{
	DIR *folder = opendir(DEVICES);
	struct dirent *entry;
	int result = -1;

	if (!folder)
		return fail(failure, "there are no PCI devices in sysfs");
	while (result && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= size)
			continue;
		if (read_number(entry->d_name, "vendor") != vendor ||
		    read_number(entry->d_name, "device") != device)
			continue;
		strcpy(address, entry->d_name);
		result = 0;
	}
	closedir(folder);
	if (result) {
		errno = ENODEV;
		return fail(failure, "the machine lacks the PCI device of the check");
	}
	return 0;
}

int pci_bar(const char *address, int index, struct pci_bar *bar, struct failure *failure)
{
	unsigned long long start = 0, end = 0, flags = 0;
	char path[160];
	FILE *stream;
	int line;

	snprintf(path, sizeof(path), DEVICES "/%s/resource", address);
	stream = fopen(path, "r");
	if (!stream)
		return fail(failure, "the device has no resources in sysfs");
	for (line = 0; line <= index; line++) {
		if (fscanf(stream, "%llx %llx %llx", &start, &end, &flags) == 3)
			continue;
		fclose(stream);
		errno = EINVAL;
		return fail(failure, "the device's resources cannot be read");
	}
	fclose(stream);
	bar->start = start;
	bar->end = end;
	bar->space = !start		     ? PCI_SPACE_NONE :
		     flags & RESOURCE_MEMORY ? PCI_SPACE_MEMORY :
		     flags & RESOURCE_IO     ? PCI_SPACE_IO :
					       PCI_SPACE_NONE;
	return 0;
}

void pci_driver(const char *address, char *name, size_t size)
{
	char path[160], target[256];
	const char *last;
	ssize_t length;

	name[0] = '\0';
	snprintf(path, sizeof(path), DEVICES "/%s/driver", address);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return;
	target[length] = '\0';
	last = strrchr(target, '/');
	snprintf(name, size, "%s", last ? last + 1 : target);
}

int pci_bind_vfio(const char *address, struct failure *failure)
{
	char path[160], driver[64];

	snprintf(path, sizeof(path), DEVICES "/%s/driver_override", address);
	if (write_text(path, "vfio-pci"))
		return fail(failure, "the device takes no driver_override");
	pci_driver(address, driver, sizeof(driver));
	if (strcmp(driver, "vfio-pci") && write_text("/sys/bus/pci/drivers_probe", address))
		return fail(failure, "drivers_probe refuses the device");
	pci_driver(address, driver, sizeof(driver));
	if (strcmp(driver, "vfio-pci")) {
		errno = ENODEV;
		return fail(failure, "vfio-pci does not take the device: is it in the kernel?");
	}
	return 0;
}

static int indent_of(const char *line)
{
	return strspn(line, " ");
}

int pci_bar_claimed(const char *address, const struct pci_bar *bar, const char *owner,
		    bool *claimed, struct failure *failure)
{
	const char *path = bar->space == PCI_SPACE_IO ? "/proc/ioports" : "/proc/iomem";
	unsigned long long start, end;
	char line[256], name[128];
	FILE *stream = fopen(path, "r");
	int under = -1;

	if (!stream)
		return fail(failure, "/proc/iomem or /proc/ioports cannot be read");
	*claimed = false;
	while (!*claimed && fgets(line, sizeof(line), stream)) {
		if (sscanf(line, " %llx-%llx : %127[^\n]", &start, &end, name) != 3)
			continue;
		if (under >= 0 && indent_of(line) <= under)
			break;
		if (under >= 0)
			*claimed = !strncmp(name, owner, strlen(owner));
		else if (start == bar->start && end == bar->end && !strcmp(name, address))
			under = indent_of(line);
	}
	fclose(stream);
	if (under < 0) {
		errno = ENOENT;
		return fail(failure, "/proc/iomem or /proc/ioports does not list the BAR");
	}
	return 0;
}
