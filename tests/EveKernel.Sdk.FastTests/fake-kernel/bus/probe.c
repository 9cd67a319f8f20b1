// SPDX-License-Identifier: Apache-2.0
#include <linux/bus.h>

int bus_probe(int value)
{
	return value + BUS_STEP;
}
