// SPDX-License-Identifier: MIT
/// @file
/// @brief From the real mode in which a core starts to C++ in long mode.
/// @chapter cores
///
/// A core that was sent INIT and SIPI starts at a page below 1 MiB, in real mode, with CS naming the page. The lines up to
/// core_start_end are copied there. They use the boot page tables, whose identity map is still there.
/// @sdm{MP Initialization Protocol, 8.4}

#define PHYS(symbol) ((symbol) - 0xffffffff80000000)

#define CR0_LONG_MODE 0x80010023    /* PG, WP, NE, MP, PE */
#define CR4_LONG_MODE 0xa0          /* PAE, PGE */
#define MSR_EFER 0xc0000080
#define EFER_LONG_MODE 0x901        /* SCE, LME, NXE */

    .section .rodata
    .code16
    .globl core_start, core_start_end
core_start:
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    movl $PHYS(boot_root), %eax
    movl %eax, %cr3
    movl $CR4_LONG_MODE, %eax
    movl %eax, %cr4
    movl $MSR_EFER, %ecx
    movl $EFER_LONG_MODE, %eax
    xorl %edx, %edx
    wrmsr
    lgdtl core_gdt_pointer - core_start
    movl $CR0_LONG_MODE, %eax
    movl %eax, %cr0
    ljmpl $0x08, $PHYS(core_long_mode)
core_gdt_pointer:
    .word 3 * 8 - 1
    .long PHYS(boot_gdt)
core_start_end:

    .section .boot.text, "ax"
    .code64
core_long_mode:
    movl $0x10, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    movabsq $1f, %rax               // from the identity map to where the kernel is linked
    jmp *%rax
1:  movq core_root, %rax
    movq %rax, %cr3
    movq core_first_stack, %rsp
    xorl %ebp, %ebp                 // a backtrace ends here
    call core_main
    ud2
    .section .note.GNU-stack, "", @progbits
