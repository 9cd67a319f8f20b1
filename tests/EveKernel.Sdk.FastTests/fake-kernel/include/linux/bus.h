/* SPDX-License-Identifier: Apache-2.0 */
#define BUS_STEP 1

int bus_bus(int value);
int bus_probe(int value);
int bus_extra(int value);
int shared_value(int value);
