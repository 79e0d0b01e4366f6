// SPDX-License-Identifier: MIT
/// @file
/// @brief The guest's instruction at its RIP, for processors that do not tell how long it is.
/// @chapter exits
#pragma once

#include <span>

#include "lib/result.h"
#include "virt/guest_state.h"

namespace svm {

/// How an instruction is written: its bytes from the lowest up, and how many they are. @apm{Opcode Encodings, Appendix A}
struct Opcode {
    u32 bytes;
    u8 length;
};
inline constexpr Opcode kCpuid{0xa20f, 2}, kRdmsr{0x320f, 2}, kWrmsr{0x300f, 2}, kHlt{0xf4, 1}, kInvd{0x080f, 2};
inline constexpr Opcode kWbinvd{0x090f, 2}, kXsetbv{0xd1'010f, 3}, kClts{0x060f, 2}, kMovToControl{0x220f, 2};
inline constexpr Opcode kGroup7{0x010f, 2};  ///< LMSW among others

inline constexpr usize kMaxInstructionBytes = 15;

/// An instruction cut up as far as exits need it. No bytes: it could not be read.
struct Instruction {
    u8 prefixes = 0;  ///< bytes before the opcode
    u8 rex = 0;       ///< the last of them, where it is a REX prefix
    u32 code = 0;     ///< the four bytes behind them, those that could be read
    u8 modrm() const { return static_cast<u8>(code >> 16); }
    /// Its length where it is `opcode`, without operands; else 0.
    u8 length_as(Opcode opcode) const {
        return (code & ~(~0U << 8 * opcode.length)) == opcode.bytes ? static_cast<u8>(prefixes + opcode.length) : 0;
    }
};
enum class RexPrefix : u8 { None, Exists };
Instruction cut_instruction(std::span<const u8> bytes, RexPrefix rex);

/// Where the guest's paging puts a linear address: long mode's four levels, or no paging. EFAULT: not mapped, or another kind
/// of paging. Rights are not looked at: the guest has just executed there. @apm{Long-Mode Page Translation, 5.3}
Result<GuestPhys> translate(GuestVirt address, const PagingState& paging);

/// Reads the instruction at the guest's RIP, and remembers the page, so that the next look at it need not walk.
class InstructionReader {
   public:
    Instruction read(u64 rip, const PagingState& paging);
    /// The length of `expected` where it stands at `rip`, in the remembered page and without a prefix, as it mostly does; else
    /// 0. The page may be out of date, since the guest need not tell of a change: so what stands there is looked at.
    u8 remembered(u64 rip, u64 root, Opcode expected) const;

   private:
    u64 root_ = 0;
    u64 rip_page_ = ~0ULL;
    GuestPhys frame_;
};

}  // namespace svm
