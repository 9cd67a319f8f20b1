/* SPDX-License-Identifier: Apache-2.0 */
ENTRY(_start)
SECTIONS
{
	. = 0x1000000;
	.text : { *(.text .text.*) }
	.rodata : { *(.rodata .rodata.*) }
	.notes : { *(.note.gnu.build-id) }
	.data : { *(.data .data.* .bss .bss.*) }
	/DISCARD/ : { *(.comment .note .note.*) }
}
