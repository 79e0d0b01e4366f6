// SPDX-License-Identifier: MIT
/// @file
/// @brief From 32-bit protected mode, where every boot protocol starts, to C++ in long mode.
/// @chapter booting
///
/// A protocol's own entry point jumps here with paging off, flat segments, interrupts off, ESI = the physical address of what
/// the loader left, and EBP = which protocol (`BootProtocol` in boot_info.h). There is no stack yet.

#include "boot/long_mode.S"

#define PTE_TABLE 0x03          /* present, writable */
#define PTE_PAGE_2M 0x83        /* present, writable, PS */

    .section .boot.text, "ax"
    .code32
    .globl boot_entry
boot_entry:
    cld
    movl $PHYS(boot_stack_top), %esp

    // Four tables of 512 2 MiB pages, which every processor has, map the first 4 GiB: the image, what the loader left, and the
    // firmware's tables lie there. They are the direct map's beginning, the identity map for the next few instructions, and,
    // the first of them, the image: all three begin at physical 0. The kernel maps the rest when it knows what there is.
    movl $PHYS(boot_pages), %edi
    movl $PTE_PAGE_2M, %eax
    movl $(4 * 512), %ecx
1:  movl %eax, (%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 1b
    movl $(PHYS(boot_pages) + PTE_TABLE), %eax
    movl $PHYS(boot_gigabytes), %edi
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $4096, %eax
    addl $8, %edi
    loop 1b
    movl $(PHYS(boot_gigabytes) + PTE_TABLE), PHYS(boot_root) + 0 * 8
    movl $(PHYS(boot_gigabytes) + PTE_TABLE), PHYS(boot_root) + 256 * 8
    movl $(PHYS(boot_image) + PTE_TABLE), PHYS(boot_root) + 511 * 8
    movl $(PHYS(boot_pages) + PTE_TABLE), PHYS(boot_image) + 510 * 8

    PREPARE_LONG_MODE
    ENABLE_PAGING
    lgdt PHYS(boot_gdt_pointer)
    ljmp $KERNEL_CODE, $PHYS(long_mode)

    .code64
long_mode:
    LOAD_DATA_SEGMENTS
    movabsq $boot_stack_top, %rsp
    movl %esi, %edi
    movl %ebp, %esi
    xorl %ebp, %ebp                 // a backtrace ends here
    movabsq $kernel_main, %rax
    call *%rax
    ud2

    .section .boot.rodata, "a"
    .balign 8
    .globl boot_gdt
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff        // code, 64-bit, ring 0
    .quad 0x00cf93000000ffff        // data, ring 0
boot_gdt_pointer:
    .word boot_gdt_pointer - boot_gdt - 1
    .long PHYS(boot_gdt)

    .section .bss
    .balign 4096
    .globl boot_root
boot_root:      .skip 4096
boot_gigabytes: .skip 4096
boot_image:     .skip 4096
boot_pages:     .skip 4 * 4096
    .globl boot_stack_guard
boot_stack_guard: .skip 4096        // unmapped as soon as memory is managed
boot_stack:     .skip 16384
boot_stack_top:
    .section .note.GNU-stack, "", @progbits
