/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVK_PCI_H
#define EVK_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

#define PCI_BARS 6

enum pci_space { PCI_SPACE_NONE, PCI_SPACE_MEMORY, PCI_SPACE_IO };

struct pci_bar {
	enum pci_space space;
	uint64_t start;
	uint64_t end;
};

/* Finds the first function with these numbers: its address, "0000:00:02.0". */
int pci_find(unsigned int vendor, unsigned int device, char *address, size_t size,
	     struct failure *failure);

/* Where the host has put a BAR. */
int pci_bar(const char *address, int index, struct pci_bar *bar, struct failure *failure);

/* The name of the function's driver, or "". */
void pci_driver(const char *address, char *name, size_t size);

/* Gives the function to vfio-pci. */
int pci_bind_vfio(const char *address, struct failure *failure);

/* Whether /proc/iomem or /proc/ioports shows an owner that is called so, under the BAR. */
int pci_bar_claimed(const char *address, const struct pci_bar *bar, const char *owner,
		    bool *claimed, struct failure *failure);

#endif
