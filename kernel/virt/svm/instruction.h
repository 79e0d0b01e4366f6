// SPDX-License-Identifier: MIT
/// @file
/// @brief The guest's instruction at its RIP, for processors that do not tell how long it is.
/// @chapter exits
#pragma once

#include <bit>
#include <span>

#include "virt/guest_memory.h"

namespace svm {

/// The registers that say how the guest's addresses and instructions are read.
struct PagingState {
    u64 cr0, cr3, efer;
    u64 code_base;  ///< of CS
    bool code_64_bit;
};

/// How an instruction is written: its bytes from the lowest up, none of the last being zero. @apm{Opcode Encodings, Appendix A}
struct Opcode {
    u32 bytes = 0;
    u8 length = static_cast<u8>((std::bit_width(bytes) + 7) / 8);
    constexpr bool starts(u32 code) const { return (code & ~(~0U << 8 * length)) == bytes; }
};
inline constexpr Opcode kCpuid{0xa20f}, kRdmsr{0x320f}, kWrmsr{0x300f}, kHlt{0xf4}, kInvd{0x080f}, kWbinvd{0x090f};
inline constexpr Opcode kXsetbv{0xd1'010f}, kClts{0x060f}, kMovToControl{0x220f},
    kGroup7{0x010f};  ///< LMSW among others

inline constexpr usize kMaxInstructionBytes = 15;

/// An instruction cut up as far as exits need it. No bytes: it could not be read.
struct Instruction {
    u8 prefixes = 0;  ///< bytes before the opcode
    u8 rex = 0;       ///< the last of them, where it is a REX prefix
    u32 code = 0;     ///< the four bytes behind them, those that could be read
    /// Of an opcode of two bytes: the byte that says which operands, and the two registers that it names.
    u8 modrm() const { return static_cast<u8>(code >> 16); }
    u8 reg() const { return static_cast<u8>((modrm() >> 3 & 7) | (rex & 4) << 1); }
    u8 rm() const { return static_cast<u8>((modrm() & 7) | (rex & 1) << 3); }
    /// Its length where it is `opcode`, without operands; else 0.
    u8 length_as(Opcode opcode) const { return opcode.starts(code) ? static_cast<u8>(prefixes + opcode.length) : 0; }
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
    /// The length of `expected` where it stands at `rip`, in the remembered page and without a prefix, as it mostly does; else 0.
    /// The page may be out of date, since the guest need not tell of a change: so what stands there is looked at.
    u8 remembered(u64 rip, u64 root, Opcode expected) const {
        const u64 offset = rip - page_.rip;
        if (offset > kPageBytes - sizeof(u32) || root != page_.root) return 0;
        const auto code = load_user(virt_from_guest_phys(page_.frame + offset));
        return code.ok() && expected.starts(code.value()) ? expected.length : u8{0};
    }

   private:
    struct {
        u64 root, rip = ~0ULL;
        GuestPhys frame;
    } page_;
};

}  // namespace svm
