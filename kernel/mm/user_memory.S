// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel's only instructions that touch user addresses, each entered in the fixup table.
/// @chapter linux-interface

    // A fault at `instruction` goes on at `continuation`.
    .macro FIXUP instruction, continuation
    .pushsection .fixups, "a"
    .balign 8
    .quad \instruction, \continuation
    .popsection
    .endm

    .macro ALLOW_USER_ACCESS
    testb $1, smap_enabled(%rip)
    jz 9f
    stac
9:
    .endm
    .macro FORBID_USER_ACCESS
    testb $1, smap_enabled(%rip)
    jz 9f
    clac
9:
    .endm

    // For debuggers only: nothing in the kernel itself unwinds.
    .cfi_sections .debug_frame
    .text
// u64 copy_user(void* to, const void* from, u64 bytes): answers how many bytes were not copied. One side is user memory.
// Whole words first; a fault in the words leaves RCX words and RDX odd bytes undone.
    .globl copy_user
    .type copy_user, @function
copy_user:
    .cfi_startproc
    ALLOW_USER_ACCESS
    movq %rdx, %rcx
    shrq $3, %rcx
    andl $7, %edx
1:  rep movsq
    movl %edx, %ecx
2:  rep movsb
    movq %rcx, %rax
3:  FORBID_USER_ACCESS
    ret
4:  leaq (%rdx,%rcx,8), %rax
    jmp 3b
5:  movq %rcx, %rax
    jmp 3b
    FIXUP 1b, 4b
    FIXUP 2b, 5b
    .cfi_endproc
    .size copy_user, . - copy_user

// u64 clear_user_bytes(void* to, u64 bytes): answers how many bytes were not cleared.
    .globl clear_user_bytes
    .type clear_user_bytes, @function
clear_user_bytes:
    .cfi_startproc
    ALLOW_USER_ACCESS
    movq %rsi, %rcx
    xorl %eax, %eax
1:  rep stosb
2:  movq %rcx, %rax
    FORBID_USER_ACCESS
    ret
    FIXUP 1b, 2b
    .cfi_endproc
    .size clear_user_bytes, . - clear_user_bytes

// i64 user_text_length(const char* from, u64 limit): bytes before the closing zero, `limit` where there is none within it,
// -1 where a byte cannot be read.
    .globl user_text_length
    .type user_text_length, @function
user_text_length:
    .cfi_startproc
    ALLOW_USER_ACCESS
    xorl %eax, %eax
1:  cmpq %rsi, %rax
    je 3f
2:  cmpb $0, (%rdi,%rax)
    je 3f
    incq %rax
    jmp 1b
3:  FORBID_USER_ACCESS
    ret
4:  movq $-1, %rax
    jmp 3b
    FIXUP 2b, 4b
    .cfi_endproc
    .size user_text_length, . - user_text_length

// i64 load_user_word(const u32* from): the word, or -1 after a fault.
    .globl load_user_word
    .type load_user_word, @function
load_user_word:
    .cfi_startproc
    ALLOW_USER_ACCESS
1:  movl (%rdi), %eax
2:  FORBID_USER_ACCESS
    ret
3:  movq $-1, %rax
    jmp 2b
    FIXUP 1b, 3b
    .cfi_endproc
    .size load_user_word, . - load_user_word

// int compare_exchange_user_word(u32* at, u32* expected, u32 desired): 0 with *expected = what was there, or -1 after a fault.
    .globl compare_exchange_user_word
    .type compare_exchange_user_word, @function
compare_exchange_user_word:
    .cfi_startproc
    ALLOW_USER_ACCESS
    movl (%rsi), %eax
1:  lock cmpxchgl %edx, (%rdi)
    movl %eax, (%rsi)
    xorl %eax, %eax
2:  FORBID_USER_ACCESS
    ret
3:  movl $-1, %eax
    jmp 2b
    FIXUP 1b, 3b
    .cfi_endproc
    .size compare_exchange_user_word, . - compare_exchange_user_word
    .section .note.GNU-stack, "", @progbits
