// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading a guest's memory as the guest sees it: its page tables, and the instruction at its RIP.
/// @chapter exits
#pragma once

#include <span>

#include "lib/result.h"
#include "virt/guest_state.h"

/// Guest-physical memory of the current process: inside the window its address is the process's own, so a checked user copy
/// reaches it. EFAULT: outside the window, or no memory there.
Result<void> read_guest(GuestPhys from, void* to, u64 bytes);
Result<void> write_guest(GuestPhys to, const void* from, u64 bytes);

/// Where the guest's paging puts a linear address. EFAULT: not mapped. Rights are not looked at: the guest has just executed
/// there. @sdm{Paging, chapter 4}
Result<GuestPhys> translate(GuestVirt address, const PagingState& paging);

/// The opcodes whose ends the kernel must find on machines that do not tell.
enum class Opcode : u8 { Cpuid, Rdmsr, Wrmsr, Hlt, Invd, Wbinvd, Xsetbv, MovToControl, Clts, Lmsw, Other };

/// A decoded instruction; `Other` for everything that is not in Opcode.
struct Instruction {
    Opcode opcode = Opcode::Other;
    u8 length = 0;
    u8 control = 0;  ///< MovToControl: which control register
    u8 general = 0;  ///< MovToControl, Lmsw: the general register that it comes from
    constexpr bool operator==(const Instruction&) const = default;
};

inline constexpr usize kMaxInstructionBytes = 15;

enum class CodeSize : u8 { Bits16, Bits32, Bits64 };

/// Decodes the instruction at the start of `bytes`.
Instruction decode_instruction(std::span<const u8> bytes, CodeSize size);

/// Reads and decodes the guest's instruction at its RIP, and remembers the page, so that the next look at it need not walk.
class InstructionReader {
   public:
    /// `Other` when it cannot be read, or is none of `Opcode`.
    Instruction read(u64 rip, const PagingState& paging, Opcode expected);
    /// The length of `expected` in 64-bit code at `address` where it stands there, in the remembered page, without a prefix: the
    /// usual case, and so the quick one. Else 0.
    u8 plain_length(GuestVirt address, u64 root, Opcode expected) const;

   private:
    Instruction read_at(GuestPhys address, CodeSize size);
    Instruction walk_and_read(GuestVirt address, const PagingState& paging, CodeSize size);

    u64 cached_root_ = 0;
    GuestVirt cached_page_{~0ULL};
    GuestPhys cached_frame_;
};
