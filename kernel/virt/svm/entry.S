// SPDX-License-Identifier: MIT
/// @file
/// @brief The way into an SVM guest and back out: every register the guest can see is exchanged here.
/// @chapter ring-v

// void svm_enter(u64 vmcb, abi::GeneralRegisters* guest, u64 host_state): interrupts are off before and after.
//
// VMRUN exchanges RIP, RSP, RAX, RFLAGS, the segments, tables and control registers; VMSAVE and VMLOAD exchange what else
// belongs to a system (FS, GS, TR, LDTR, the SYSCALL and SYSENTER registers); the rest is moved here. GIF is clear from CLGI to
// STGI: no interrupt and no NMI finds the guest's FS or GS loaded. IF is set meanwhile, because with V_INTR_MASKING the host's
// IF decides whether the host's interrupts end the guest's run. The NOP keeps the shadow of STI off the guest's first
// instruction, which QEMU 7.2 would put under it.
// @apm{VMRUN and #VMEXIT Instructions, 15.5} @apm{Global Interrupt Flag, STGI and CLGI Instructions, 15.17}
    .text
    .globl svm_enter
    .type svm_enter, @function
svm_enter:
    .cfi_startproc
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rdx              // at 8(%rsp) after the next push: where the host's state goes
    pushq %rsi              // at (%rsp): the guest's registers
    clgi
    sti
    nop
    movq %rdx, %rax
    vmsave %rax
    movq %rdi, %rax
    vmload %rax
    movq 8(%rsi), %rcx      // in the order of abi::GeneralRegisters: RAX RCX RDX RBX RSP RBP RSI RDI R8 ... R15
    movq 16(%rsi), %rdx
    movq 24(%rsi), %rbx
    movq 40(%rsi), %rbp
    movq 56(%rsi), %rdi
    movq 64(%rsi), %r8
    movq 72(%rsi), %r9
    movq 80(%rsi), %r10
    movq 88(%rsi), %r11
    movq 96(%rsi), %r12
    movq 104(%rsi), %r13
    movq 112(%rsi), %r14
    movq 120(%rsi), %r15
    movq 48(%rsi), %rsi
    vmrun %rax
    vmsave %rax             // #VMEXIT has brought RAX and RSP back
    movq (%rsp), %rax
    movq %rcx, 8(%rax)
    movq %rdx, 16(%rax)
    movq %rbx, 24(%rax)
    movq %rbp, 40(%rax)
    movq %rsi, 48(%rax)
    movq %rdi, 56(%rax)
    movq %r8, 64(%rax)
    movq %r9, 72(%rax)
    movq %r10, 80(%rax)
    movq %r11, 88(%rax)
    movq %r12, 96(%rax)
    movq %r13, 104(%rax)
    movq %r14, 112(%rax)
    movq %r15, 120(%rax)
    movq 8(%rsp), %rax
    vmload %rax
    cli
    stgi
    addq $16, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size svm_enter, . - svm_enter
    .section .note.GNU-stack, "", @progbits
