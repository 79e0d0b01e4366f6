// SPDX-License-Identifier: MIT
/// @file
/// @brief Where a PVH loader (`qemu -kernel`) starts Twain.
/// @chapter booting
///
/// It jumps here in 32-bit protected mode with paging off, flat segments, interrupts off, and EBX = the physical address of
/// hvm_start_info. Nothing but that is promised, not even a stack. @spec{Xen, x86/HVM direct boot ABI}

#define PHYS(symbol) ((symbol) - 0xffffffff80000000)

// The note by which a loader finds the entry point; 18 is XEN_ELFNOTE_PHYS32_ENTRY.
    .section .note.Xen, "a", @note
    .balign 4
    .long 4
    .long 8
    .long 18
    .asciz "Xen"
    .quad PHYS(pvh_entry)

    .section .boot.text, "ax"
    .code32
    .globl pvh_entry
pvh_entry:
    movl %ebx, %esi
    xorl %ebp, %ebp                 // BootProtocol::Pvh
    jmp boot_entry
    .section .note.GNU-stack, "", @progbits
