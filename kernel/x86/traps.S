// SPDX-License-Identifier: MIT
/// @file
/// @brief Every way into the kernel and back out: 256 trap stubs, the SYSCALL entry, and the one return.
/// @chapter traps
///
/// All of them leave a TrapFrame (x86/trap_frame.h) on the thread's kernel stack and pass its address in RDI.

#define KERNEL_GS_USER_RSP %gs:8
#define KERNEL_GS_KERNEL_RSP %gs:16
#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_DATA 0x1b
#define USER_CODE 0x23
#define SYSCALL_VECTOR 0x100
#define FRAME_VECTOR 120
#define FRAME_CS 144
#define MSR_GS_BASE 0xc0000101

    .macro PUSH_REGISTERS
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    .endm

    .macro POP_REGISTERS
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rax
    popq %rcx
    popq %rdx
    popq %rsi
    popq %rdi
    .endm

    // What the unwinder must know at the call of a handler: the frame's address is the stack pointer, and where in it the
    // interrupted registers are.
    .macro CFI_FRAME
    .cfi_signal_frame
    .cfi_def_cfa %rsp, 176
    .cfi_offset %rip, -40
    .cfi_offset %rsp, -16
    .cfi_offset %rbp, -144
    .cfi_offset %rbx, -136
    .cfi_offset %r12, -152
    .cfi_offset %r13, -160
    .cfi_offset %r14, -168
    .cfi_offset %r15, -176
    .endm

    // For debuggers only: nothing in the kernel itself unwinds.
    .cfi_sections .debug_frame
    .text
// The stub of vector n pushes a zero where the processor pushes no error code, then n. The processor pushes one for
// 8, 10 .. 14, 17, 21, 29 and 30. @sdm{Exceptions and Interrupts Reference, 6.15}
    .balign 16
    .globl trap_stubs
trap_stubs:
    vector = 0
    .rept 256
    .balign 16
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
    pushq $0
    .endif
    pushq $vector
    .if vector == 1 || vector == 2 || vector == 3 || vector == 8 || vector == 18
    jmp special_entry
    .else
    jmp trap_entry
    .endif
    vector = vector + 1
    .endr
    .globl trap_stubs_end
trap_stubs_end:

// Stack: vector, error, RIP, CS, RFLAGS, RSP, SS. From ring 3, GS is the program's until SWAPGS.
    .globl trap_entry
    .type trap_entry, @function
trap_entry:
    .cfi_startproc
    .cfi_def_cfa %rsp, 56
    testb $3, 24(%rsp)
    jz 1f
    swapgs
.Ltrap_with_kernel_gs:
1:  PUSH_REGISTERS
    CFI_FRAME
    cld
    // A program may have set AC, which would switch SMAP off for the kernel.
    testb $1, smap_enabled(%rip)
    jz 1f
    clac
1:  movq %rsp, %rdi
    xorl %ebp, %ebp
    movq FRAME_VECTOR(%rsp), %rax
    call *trap_handlers(,%rax,8)
    .globl trap_handled
trap_handled:
    testb $3, FRAME_CS(%rsp)
    jnz return_to_ring3
    POP_REGISTERS
    addq $16, %rsp
    iretq
    .cfi_endproc
    .size trap_entry, . - trap_entry

// The one way to ring 3. Interrupts go off before the last look at signals and the scheduler, and stay off: what comes
// later interrupts ring 3 and is seen then.
    .globl return_to_ring3
return_to_ring3:
    .cfi_startproc
    CFI_FRAME
    cli
    movq %rsp, %rdi
    xorl %ebp, %ebp
    call return_to_user
    POP_REGISTERS
    addq $16, %rsp
    swapgs
    iretq
    .cfi_endproc

// Debug, breakpoint, NMI, double fault and machine check have stacks of their own, because they come at any instruction: also between
// SYSCALL and the stack switch, or with GS not yet exchanged. From ring 3 they move to the thread's stack and go on as
// ordinary traps; from ring 0 the value of GS itself tells whether it is the kernel's.
    .globl special_entry, special_entry_end
    .type special_entry, @function
special_entry:
    .cfi_startproc
    .cfi_def_cfa %rsp, 56
    testb $3, 24(%rsp)
    jz 1f
    swapgs
    pushq %rax
    movq %rsp, %rax
    movq KERNEL_GS_KERNEL_RSP, %rsp
    pushq 56(%rax)
    pushq 48(%rax)
    pushq 40(%rax)
    pushq 32(%rax)
    pushq 24(%rax)
    pushq 16(%rax)
    pushq 8(%rax)
    movq (%rax), %rax
    jmp .Ltrap_with_kernel_gs
1:  PUSH_REGISTERS
    CFI_FRAME
    cld
    movl $MSR_GS_BASE, %ecx
    rdmsr
    xorl %ebx, %ebx
    testl %edx, %edx
    js 2f
    swapgs
    incl %ebx
2:  movq %rsp, %rdi
    movq FRAME_VECTOR(%rsp), %rax
    call *trap_handlers(,%rax,8)
    .globl special_trap_handled
special_trap_handled:
    testl %ebx, %ebx
    jz 3f
    swapgs
3:  POP_REGISTERS
    addq $16, %rsp
    iretq
    .cfi_endproc
special_entry_end:
    .size special_entry, . - special_entry

// SYSCALL left RIP in RCX and RFLAGS in R11, changed neither RSP nor GS, and masked RFLAGS (interrupts are off).
    .globl syscall_entry
    .type syscall_entry, @function
syscall_entry:
    .cfi_startproc
    .cfi_def_cfa %rsp, 0
    .cfi_register %rip, %rcx
    swapgs
    movq %rsp, KERNEL_GS_USER_RSP
    movq KERNEL_GS_KERNEL_RSP, %rsp
    pushq $USER_DATA
    pushq KERNEL_GS_USER_RSP
    pushq %r11
    pushq $USER_CODE
    pushq %rcx
    pushq %rax
    pushq $SYSCALL_VECTOR
    PUSH_REGISTERS
    CFI_FRAME
    sti
    movq %rsp, %rdi
    xorl %ebp, %ebp
    call syscall_dispatch
    jmp return_to_ring3
    .cfi_endproc
    .size syscall_entry, . - syscall_entry

// void enter_ring3(TrapFrame&): a thread's first way to ring 3; the frame lies at the top of its stack.
    .globl enter_ring3
enter_ring3:
    movq %rdi, %rsp
    jmp return_to_ring3

// void deliver_interrupt(u64 vector): builds the processor's frame and goes through the vector's stub, whose return comes back
// here. The stubs are 16 bytes apart.
    .globl deliver_interrupt
    .type deliver_interrupt, @function
deliver_interrupt:
    movq %rsp, %rax
    andq $-16, %rsp
    pushq $KERNEL_DATA
    pushq %rax
    pushfq
    pushq $KERNEL_CODE
    pushq $1f
    shlq $4, %rdi
    addq $trap_stubs, %rdi
    jmp *%rdi
1:  ret
    .size deliver_interrupt, . - deliver_interrupt

// void switch_stacks(u64* saved_rsp, u64 next_rsp): leaves the callee-saved registers on this thread's stack, and takes
// those that the next thread left.
    .globl switch_stacks
    .type switch_stacks, @function
switch_stacks:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret
    .size switch_stacks, . - switch_stacks

// The return address that a new thread's stack is prepared with.
    .globl thread_trampoline
thread_trampoline:
    xorl %ebp, %ebp
    call thread_begin
    ud2
    .section .note.GNU-stack, "", @progbits
