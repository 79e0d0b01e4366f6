// SPDX-License-Identifier: MIT
/// @file
/// @brief What a handler finds on its stack, laid out as Linux does: glibc's ucontext_t and the extended registers.
/// @chapter signals
///
///     higher addresses   ... the interrupted function's stack, and its red zone of 128 bytes
///                        XSAVE image, aligned to 64, with a closing magic word
///                        UserSignalInfo
///                        UserContext        <- third argument of the handler
///     stack pointer ->   return address: the action's restorer, which calls rt_sigreturn
///
/// The layouts are named by offset, not by Linux's headers, whose names collide with a program's <signal.h>.
/// @spec{System V Application Binary Interface, AMD64 Architecture Processor Supplement, 3.2.2 The Stack Frame}
#pragma once

#include <span>

#include "lib/result.h"
#include "proc/signal_state.h"
#include "x86/trap_frame.h"

/// Linux's struct sigcontext.
struct UserRegisters {
    u64 r8, r9, r10, r11, r12, r13, r14, r15;
    u64 rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    u16 cs, gs, fs, ss;
    u64 error, vector, old_mask, fault_address;
    u64 fpu_image;
    u64 reserved[8];
};
static_assert(sizeof(UserRegisters) == 256);

/// Linux's struct ucontext.
struct UserContext {
    static constexpr u64 kHasXsave = 1, kHasStackSegment = 2, kStrictStackSegment = 4;
    u64 flags;
    u64 link;
    SignalStack stack;
    UserRegisters registers;
    SignalSet mask;
};
static_assert(sizeof(UserContext) == 304);

/// Linux's struct rt_sigframe.
struct SignalFrame {
    u64 return_address;
    UserContext context;
    UserSignalInfo info;
};
static_assert(sizeof(SignalFrame) == 440);

/// What tells readers of a frame that its FPU image is a whole XSAVE image: bytes 464 .. 511 of the legacy area.
struct FpuImageMark {
    static constexpr u32 kMagic1 = 0x4650'5853, kMagic2 = 0x4650'5845;
    static constexpr usize kOffset = 464;
    u32 magic1;
    u32 extended_bytes;  ///< of the image and the closing kMagic2
    u64 features;
    u32 image_bytes;
    u32 padding[7];
};
static_assert(sizeof(FpuImageMark) == 48);
inline constexpr usize kFpuLegacyBytes = 512;
inline constexpr usize kFpuHeaderBytes = 64;

/// Where the parts of a frame go below `top`.
struct SignalFramePlace {
    u64 frame;  ///< the handler's stack pointer: 8 below a multiple of 16
    u64 fpu_image;
};
/// `top` is the stack pointer that the frame is put below.
SignalFramePlace place_signal_frame(u64 top, u64 fpu_bytes);

/// The registers of an interrupted program to and from the form that its handler sees. Flags and segments that a program may
/// not choose stay the kernel's.
UserRegisters user_registers(const TrapFrame& frame);
void load_user_registers(TrapFrame& frame, const UserRegisters& registers);

/// Checks an XSAVE image that came from a program, so that restoring it cannot fault: its features are among `features`, its
/// header is in the standard form with nothing reserved, MXCSR has no unknown bit. EINVAL: it must not be loaded.
Result<void> check_fpu_image(std::span<const u8> image, u64 features);
/// Makes an image of legacy registers only (FXSAVE's 512 bytes) a whole one.
void complete_legacy_fpu_image(std::span<u8> image);

/// Pushes a frame for `signal`'s handler onto the program's stack and points `trap` at the handler. EFAULT: no stack there;
/// `trap` is unchanged.
Result<void> push_signal_frame(Task& task, TrapFrame& trap, const SignalInfo& info, const SignalAction& action,
                               SignalSet mask);
/// Takes back what push_signal_frame pushed: the work of rt_sigreturn. EFAULT, EINVAL: `trap` is unchanged.
Result<void> pop_signal_frame(Task& task, TrapFrame& trap);
