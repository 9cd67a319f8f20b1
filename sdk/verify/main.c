// SPDX-License-Identifier: GPL-2.0-only
/*
 * One static program: the only file of a test machine's initramfs, and
 * "vfio-bar-check" on a machine with real hardware.
 */

#include <unistd.h>

#include "program.h"

int main(int argc, char **argv)
{
	return getpid() == 1 ? init_main() : hardware_main(argc, argv);
}
