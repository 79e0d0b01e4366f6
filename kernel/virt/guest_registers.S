// SPDX-License-Identifier: MIT
/// @file
/// @brief The guest's general registers, to and from abi::GeneralRegisters: what every vendor's entry stub does. Only macros.
/// @chapter ring-v

// All but RAX, RSP and the one that holds the pointer; `at` is the place in the structure, which has the instructions' order.
    .macro FOR_EACH_REGISTER move
    \move %rcx, 8
    \move %rdx, 16
    \move %rbx, 24
    \move %rbp, 40
    \move %rdi, 56
    .irp n, 8, 9, 10, 11, 12, 13, 14, 15
    \move %r\n, 8*\n
    .endr
    .endm
    .macro LOAD_FROM_RSI register, at
    movq \at(%rsi), \register
    .endm
    .macro STORE_TO_RAX register, at
    movq \register, \at(%rax)
    .endm

// RSI points at the guest's registers, and becomes the guest's too.
    .macro LOAD_GUEST_REGISTERS
    FOR_EACH_REGISTER LOAD_FROM_RSI
    movq 48(%rsi), %rsi
    .endm
// RAX points at where they go.
    .macro STORE_GUEST_REGISTERS
    FOR_EACH_REGISTER STORE_TO_RAX
    movq %rsi, 48(%rax)
    .endm
    .section .note.GNU-stack, "", @progbits
