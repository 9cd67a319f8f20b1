// SPDX-License-Identifier: Apache-2.0
#include <linux/bus.h>

int shared_value(int value)
{
	return value - BUS_STEP;
}
