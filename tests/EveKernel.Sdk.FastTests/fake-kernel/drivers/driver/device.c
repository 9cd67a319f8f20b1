// SPDX-License-Identifier: Apache-2.0
int driver_device(int value);

int driver_device(int value)
{
	return value * 2;
}
