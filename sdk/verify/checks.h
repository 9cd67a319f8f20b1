/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVK_CHECKS_H
#define EVK_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

/* Which device, and what may be done to it. */
struct target {
	char address[16];
	int bar;
	uint64_t reg;
	/*
	 * The register is memory: it keeps what is written, and nothing comes
	 * of it. Otherwise the guest writes only while the device is deaf.
	 */
	bool memory;
};

/* Each sends one result. */
void check_disabled_bar(const struct target *target, uint64_t cycles);
void check_real_faults(const struct target *target);
void check_bar_claimed(const struct target *target);
void check_race(const struct target *target, uint64_t cycles);

#endif
