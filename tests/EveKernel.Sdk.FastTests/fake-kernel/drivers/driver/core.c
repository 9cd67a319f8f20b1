// SPDX-License-Identifier: Apache-2.0
int driver_core(int value);

int driver_core(int value)
{
	return value * 2;
}
