// SPDX-License-Identifier: MIT
/// @file
/// @brief Where a Multiboot2 loader (GRUB) starts Twain, and the header by which it knows how.
/// @chapter booting
///
/// It jumps here in 32-bit protected mode with paging off, flat segments, interrupts off, EAX = the protocol's magic number
/// and EBX = the physical address of the information. @spec{Multiboot2 Specification 2.0, Machine state, 3.2}

#define PHYS(symbol) ((symbol) - 0xffffffff80000000)
#define HEADER_MAGIC 0xe85250d6
#define ARCHITECTURE_I386 0
#define TAG_ENTRY_ADDRESS 3
#define TAG_MODULE_ALIGN 6

// The linker puts it first, since it must stand in the file's first 32 KiB. @spec{Multiboot2, OS image format, 3.1}
    .section .boot.multiboot2, "a"
    .balign 8
header:
    .long HEADER_MAGIC
    .long ARCHITECTURE_I386
    .long header_end - header
    .long -(HEADER_MAGIC + ARCHITECTURE_I386 + (header_end - header))
    .word TAG_ENTRY_ADDRESS, 0
    .long 12
    .long PHYS(multiboot2_entry)
    .balign 8
    .word TAG_MODULE_ALIGN, 0
    .long 8
    .word 0, 0                      // the end of the tags
    .long 8
header_end:

    .section .boot.text, "ax"
    .code32
    .globl multiboot2_entry
multiboot2_entry:
    movl %ebx, %esi
    movl %eax, %ebp                 // BootProtocol::Multiboot2
    jmp boot_entry
    .section .note.GNU-stack, "", @progbits
