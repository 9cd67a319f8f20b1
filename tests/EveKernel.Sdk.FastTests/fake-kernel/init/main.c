// SPDX-License-Identifier: Apache-2.0
int start(void);

int start(void)
{
	return 1;
}
