/* SPDX-License-Identifier: Apache-2.0 */
	.text
	.globl _start
_start:
	jmp start
	.section .note.GNU-stack, "", %progbits
