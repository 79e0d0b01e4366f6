// SPDX-License-Identifier: MIT
/// @file
/// @brief The host's own breakpoints in the debug registers: DR6 and DR7, and what the kernel's stub wants in all of them.
/// @chapter observability
#pragma once

#include "lib/types.h"
#include "x86/instructions.h"

inline constexpr unsigned kDebugAddresses = 4;

/// DR7: for each of DR0 .. DR3 whether it counts, for what, and over how many bytes. @sdm{Debug Control Register (DR7), 17.2.4}
class DebugControl {
   public:
    enum Condition : u8 { Execute = 0, Write = 1, ReadWrite = 3 };
    static constexpr u64 kNothing = 1ULL << 10;  ///< the bit that is always 1

    /// DRn counts in all tasks. `bytes`: 1, 2, 4 or 8; 1 for Execute.
    constexpr void enable(unsigned n, Condition condition, u8 bytes) {
        const u64 length = bytes == 8 ? 2 : bytes - 1U;
        raw_ |= 2ULL << 2 * n | (length << 2 | condition) << (16 + 4 * n);
    }
    constexpr u64 raw() const { return raw_; }
    constexpr bool any() const { return raw_ != kNothing; }

   private:
    u64 raw_ = kNothing;
};
static_assert([] {
    DebugControl control;
    control.enable(1, DebugControl::Write, 8);
    return control.raw();
}() == 0x90'0408);

/// DR6: why a debug exception came. @sdm{Debug Status Register (DR6), 17.2.3}
class DebugStatus {
   public:
    static constexpr u64 kNothing = 0xffff'0ff0;
    constexpr explicit DebugStatus(u64 raw) : raw_(raw) {}
    constexpr bool hit(unsigned n) const { return raw_ >> n & 1; }
    constexpr bool hit_any() const { return raw_ & 0xf; }
    constexpr bool single_step() const { return raw_ >> 14 & 1; }

   private:
    u64 raw_;
};

struct DebugRegisters {
    VirtAddr address[kDebugAddresses];
    DebugControl control;
};

namespace host_breakpoints {

/// What every core's registers hold while the kernel and its programs run; a program cannot change them.
inline constinit DebugRegisters wanted;

inline void load() {
    x86::write_dr0(wanted.address[0].raw);
    x86::write_dr1(wanted.address[1].raw);
    x86::write_dr2(wanted.address[2].raw);
    x86::write_dr3(wanted.address[3].raw);
    x86::write_dr7(wanted.control.raw());
}

/// A guest has addresses of its own, which must not count for the host while they are loaded.
inline void unload_before_guest() {
    if (wanted.control.any()) [[unlikely]]
        x86::write_dr7(DebugControl::kNothing);
}
/// Leaving a guest switches all breakpoints off, and the addresses were the guest's: the host's come back.
inline void load_after_guest() {
    if (wanted.control.any()) [[unlikely]]
        load();
}

}  // namespace host_breakpoints
