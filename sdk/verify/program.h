/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef EVK_PROGRAM_H
#define EVK_PROGRAM_H

int init_main(void);
int hardware_main(int argc, char **argv);

#endif
