// SPDX-License-Identifier: MIT
/// @file
/// @brief The registers that the stub shows, in the order and with the sizes of QEMU's, and their description for clients.
/// @chapter observability
/// @spec{GDB manual, Target Descriptions, i386 Features}
#pragma once

#include <span>
#include <string_view>

#include "lib/format.h"
#include "lib/types.h"

namespace stub {

/// Registers by their number in the protocol; st0 .. st7 and xmm0 .. xmm15 follow their first.
enum class Register : u8 {
    rax,
    rbx,
    rcx,
    rdx,
    rsi,
    rdi,
    rbp,
    rsp,
    r8,
    r9,
    r10,
    r11,
    r12,
    r13,
    r14,
    r15,  // clang-format off
    rip, eflags, cs, ss, ds, es, fs, gs, fs_base, gs_base, k_gs_base, cr0, cr2, cr3, cr4, cr8, efer,
    st0, fctrl = st0 + 8, fstat, ftag, fiseg, fioff, foseg, fooff, fop, xmm0, mxcsr = xmm0 + 16, kEnd,  // clang-format on
};
inline constexpr unsigned kRegisters = static_cast<unsigned>(Register::kEnd);

/// Bytes of all registers, as the answer to `g` has them.
inline constexpr usize kRegisterBytes = 608;
/// Bytes of the image that FXSAVE writes in 64-bit mode.
inline constexpr usize kFxBytes = 512;

/// All registers of one core, little-endian, one after the other.
class RegisterFile {
   public:
    std::span<u8> bytes() { return bytes_; }
    std::span<const u8> bytes() const { return bytes_; }
    /// One register's bytes: 4, 8, 10 or 16 of them.
    std::span<u8> place(unsigned number);
    std::span<const u8> place(unsigned number) const;

    /// The lowest 8 bytes.
    u64 get(Register name) const;
    void set(Register name, u64 value);
    /// Whether a register has the same bytes here and there.
    bool same(Register name, const RegisterFile& other) const;

    /// The x87 and SSE registers from an image of FXSAVE64, and back. Only empty and not empty is known of a tag.
    /// @sdm{FXSAVE—Save x87 FPU, MMX Technology, and SSE State}
    void take_fx(std::span<const u8, kFxBytes> image);
    void give_fx(std::span<u8, kFxBytes> image) const;

   private:
    u8 bytes_[kRegisterBytes] = {};
};

/// The target description, target.xml.
void put_target_description(Sink& sink);

}  // namespace stub
