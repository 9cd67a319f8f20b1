// SPDX-License-Identifier: Apache-2.0
int cpu(void);

int cpu(void)
{
	return 86;
}
