// SPDX-License-Identifier: MIT
/// @file
/// @brief The pure part of signal frames: where they go, registers to and fro, images checked.
/// @chapter signals
#include "proc/signal_frame.h"

#include "lib/string.h"

namespace {

constexpr u16 kUserCode = 0x23, kUserData = 0x1b;
// CF PF AF ZF SF TF DF OF RF AC: what a program may set; IF is always on.
constexpr u64 kProgramFlags = 0x5'0dd5;
constexpr u64 kInterruptFlag = 1 << 9;

// The XSAVE header behind the legacy area. @sdm{XSAVE Header, 13.4.2 of volume 1}
struct XsaveHeader {
    u64 features;    // XSTATE_BV
    u64 compaction;  // XCOMP_BV
    u64 reserved[6];
};
constexpr u64 kLegacyFeatures = 3;
constexpr usize kMxcsrOffset = 24;
constexpr u32 kMxcsrBits = 0xffff;

}  // namespace

SignalFramePlace place_signal_frame(u64 top, u64 fpu_bytes) {
    const u64 fpu_image = align_down(top - fpu_bytes, 64);
    return {.frame = align_down(fpu_image - sizeof(SignalFrame), 16) - 8, .fpu_image = fpu_image};
}

UserRegisters user_registers(const TrapFrame& f) {
    UserRegisters r{};
    r.r8 = f.r8, r.r9 = f.r9, r.r10 = f.r10, r.r11 = f.r11, r.r12 = f.r12, r.r13 = f.r13, r.r14 = f.r14, r.r15 = f.r15;
    r.rdi = f.rdi, r.rsi = f.rsi, r.rbp = f.rbp, r.rbx = f.rbx, r.rdx = f.rdx, r.rax = f.rax, r.rcx = f.rcx;
    r.rsp = f.rsp, r.rip = f.rip, r.rflags = f.rflags;
    r.cs = kUserCode, r.ss = kUserData;
    return r;
}

void load_user_registers(TrapFrame& f, const UserRegisters& r) {
    f.r8 = r.r8, f.r9 = r.r9, f.r10 = r.r10, f.r11 = r.r11, f.r12 = r.r12, f.r13 = r.r13, f.r14 = r.r14, f.r15 = r.r15;
    f.rdi = r.rdi, f.rsi = r.rsi, f.rbp = r.rbp, f.rbx = r.rbx, f.rdx = r.rdx, f.rax = r.rax, f.rcx = r.rcx;
    f.rsp = r.rsp, f.rip = r.rip;
    f.rflags = (f.rflags & ~kProgramFlags) | (r.rflags & kProgramFlags) | kInterruptFlag;
    f.cs = kUserCode, f.ss = kUserData;
}

Result<void> check_fpu_image(std::span<const u8> image, u64 features) {
    if (image.size() < kFpuLegacyBytes + kFpuHeaderBytes) return Error{EINVAL};
    XsaveHeader header;
    memcpy(&header, &image[kFpuLegacyBytes], sizeof(header));
    u32 mxcsr;
    memcpy(&mxcsr, &image[kMxcsrOffset], sizeof(mxcsr));
    if ((header.features & ~features) || header.compaction || (mxcsr & ~kMxcsrBits)) return Error{EINVAL};
    for (const u64 word : header.reserved) {
        if (word) return Error{EINVAL};
    }
    return {};
}

void complete_legacy_fpu_image(std::span<u8> image) {
    const XsaveHeader header{kLegacyFeatures, 0, {}};
    memset(&image[kFpuLegacyBytes], 0, image.size() - kFpuLegacyBytes);
    memcpy(&image[kFpuLegacyBytes], &header, sizeof(header));
}
