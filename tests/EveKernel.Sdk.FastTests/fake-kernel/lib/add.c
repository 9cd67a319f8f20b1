// SPDX-License-Identifier: Apache-2.0
int add(int left, int right);

int add(int left, int right)
{
	return left + right;
}
