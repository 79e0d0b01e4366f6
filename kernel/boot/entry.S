// SPDX-License-Identifier: MIT
/// @file
/// @brief From 32-bit protected mode, where every boot protocol starts, to C++ in long mode.
/// @chapter booting
///
/// A protocol's own entry point jumps here with paging off, flat segments, interrupts off, ESI = the physical address of what
/// the loader left, and EBP = which protocol (`BootProtocol` in boot_info.h). There is no stack yet.

#include "boot/long_mode.S"

#define CPUID_PDPE1GB (1 << 26)
#define PTE_TABLE 0x03          /* present, writable */
#define PTE_PAGE_1G 0x83        /* present, writable, PS */

    .section .boot.text, "ax"
    .code32
    .globl boot_entry
boot_entry:
    cld
    movl $PHYS(boot_stack_top), %esp

    // The kernel maps all memory in 1 GiB pages; a processor without them cannot run Twain.
    movl $0x80000001, %eax
    cpuid
    testl $CPUID_PDPE1GB, %edx
    jz no_gigabyte_pages

    // One table of 512 1 GiB pages is the direct map, the identity map for the next few instructions, and, two entries
    // from its end, the image: all three begin at physical 0.
    movl $PHYS(boot_gigabytes), %edi
    movl $PTE_PAGE_1G, %eax
    xorl %edx, %edx
    movl $512, %ecx
1:  movl %eax, (%edi)
    movl %edx, 4(%edi)
    addl $0x40000000, %eax
    adcl $0, %edx
    addl $8, %edi
    loop 1b
    movl $(PHYS(boot_gigabytes) + PTE_TABLE), PHYS(boot_root)
    movl $(PHYS(boot_gigabytes) + PTE_TABLE), PHYS(boot_root) + 256 * 8
    movl $(PHYS(boot_image) + PTE_TABLE), PHYS(boot_root) + 511 * 8
    movl $PTE_PAGE_1G, PHYS(boot_image) + 510 * 8

    PREPARE_LONG_MODE
    ENABLE_PAGING
    lgdt PHYS(boot_gdt_pointer)
    ljmp $KERNEL_CODE, $PHYS(long_mode)

// Says on the first serial port what is missing, and stops.
no_gigabyte_pages:
    movl $PHYS(no_gigabyte_pages_text), %esi
    movw $0x3f8, %dx
1:  lodsb
    testb %al, %al
    jz 2f
    outb %al, %dx
    jmp 1b
2:  hlt
    jmp 2b

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
no_gigabyte_pages_text:
    .asciz "twain: this processor has no 1 GiB pages (CPUID 8000_0001.EDX.Page1GB); use another CPU model\r\n"

    .section .bss
    .balign 4096
    .globl boot_root
boot_root:      .skip 4096
boot_gigabytes: .skip 4096
boot_image:     .skip 4096
    .globl boot_stack_guard
boot_stack_guard: .skip 4096        // unmapped as soon as memory is managed
boot_stack:     .skip 16384
boot_stack_top:
    .section .note.GNU-stack, "", @progbits
