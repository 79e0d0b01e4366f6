// SPDX-License-Identifier: MIT
/// @file
/// @brief From the real mode in which a core starts to C++ in long mode.
/// @chapter cores
///
/// A core that was sent INIT and SIPI starts at a page below 1 MiB, in real mode, with CS naming the page. The lines up to
/// core_start_end are copied there. They use the boot page tables, whose identity map is still there.
/// @sdm{MP Initialization Protocol, 8.4}

#include "boot/long_mode.S"

    .section .rodata
    .code16
    .globl core_start, core_start_end
core_start:
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    PREPARE_LONG_MODE
    lgdtl core_gdt_pointer - core_start
    ENABLE_PAGING
    ljmpl $KERNEL_CODE, $PHYS(core_long_mode)
core_gdt_pointer:
    .word 3 * 8 - 1
    .long PHYS(boot_gdt)
core_start_end:

    .section .boot.text, "ax"
    .code64
core_long_mode:
    LOAD_DATA_SEGMENTS
    movabsq $1f, %rax               // from the identity map to where the kernel is linked
    jmp *%rax
1:  movq core_root, %rax
    movq %rax, %cr3
    movq core_first_stack, %rsp
    xorl %ebp, %ebp                 // a backtrace ends here
    call core_main
    ud2
    .section .note.GNU-stack, "", @progbits
