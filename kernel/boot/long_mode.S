// SPDX-License-Identifier: MIT
/// @file
/// @brief What every core does on its way into long mode: the same control bits, the same segments.
/// @chapter booting
///
/// Only macros: entry.S uses them for the boot core, core_start.S for the others.

#define PHYS(symbol) ((symbol) - 0xffffffff80000000)

#define CR0_PE (1 << 0)
#define CR0_MP (1 << 1)
#define CR0_NE (1 << 5)
#define CR0_WP (1 << 16)
#define CR0_PG (1 << 31)
#define CR4_PAE (1 << 5)
#define CR4_PGE (1 << 7)
#define MSR_EFER 0xc0000080
#define EFER_SCE (1 << 0)
#define EFER_LME (1 << 8)
#define EFER_NXE (1 << 11)
#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10

    // In real or protected mode: paging by the boot page tables, except for CR0, which switches it on.
    .macro PREPARE_LONG_MODE
    movl $PHYS(boot_root), %eax
    movl %eax, %cr3
    movl $(CR4_PAE | CR4_PGE), %eax
    movl %eax, %cr4
    movl $MSR_EFER, %ecx
    movl $(EFER_SCE | EFER_LME | EFER_NXE), %eax
    xorl %edx, %edx
    wrmsr
    .endm

    // Paging and protection on; next comes a far jump to 64-bit code. In real mode the GDT is loaded before.
    .macro ENABLE_PAGING
    movl $(CR0_PE | CR0_MP | CR0_NE | CR0_WP | CR0_PG), %eax
    movl %eax, %cr0
    .endm

    // In long mode.
    .macro LOAD_DATA_SEGMENTS
    movl $KERNEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    .endm
    .section .note.GNU-stack, "", @progbits
