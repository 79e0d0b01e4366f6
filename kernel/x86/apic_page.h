// SPDX-License-Identifier: MIT
/// @file
/// @brief The layout of a virtual-APIC page: the local APIC's registers, sixteen bytes apart.
/// @chapter interrupts
///
/// This header compiles anywhere: kernel, VMM, tests and debugger share it. Intel's processors evaluate such a page themselves
/// (APIC-register virtualisation); elsewhere `LocalApic` does.
/// @sdm{Virtual APIC State, 29.1} @sdm{x2APIC Register Address Space, 10.12.1.2}
#pragma once

#include <bit>

#include "x86/posted_interrupts.h"

/// Offsets in the page. The x2APIC's MSR 800h + n is the register at 16 n.
enum class ApicRegister : u16 {
    Id = 0x020,
    Version = 0x030,
    TaskPriority = 0x080,
    ProcessorPriority = 0x0a0,
    Eoi = 0x0b0,
    LogicalDestination = 0x0d0,
    DestinationFormat = 0x0e0,  ///< of xAPIC mode only
    SpuriousVector = 0x0f0,
    InService = 0x100,         ///< eight registers of 32 vectors each
    TriggerMode = 0x180,       ///< eight
    InterruptRequest = 0x200,  ///< eight
    ErrorStatus = 0x280,
    InterruptCommand = 0x300,
    InterruptCommandHigh = 0x310,  ///< of xAPIC mode only
    LvtTimer = 0x320,
    LvtThermal = 0x330,
    LvtPerformance = 0x340,
    LvtLint0 = 0x350,
    LvtLint1 = 0x360,
    LvtError = 0x370,
    TimerInitialCount = 0x380,
    TimerCurrentCount = 0x390,
    TimerDivide = 0x3e0,
    SelfIpi = 0x3f0,
};

inline constexpr u32 kX2ApicFirstMsr = 0x800;
inline constexpr u32 kX2ApicLastMsr = 0x83f;
constexpr ApicRegister apic_register_from_msr(u32 msr) {
    return static_cast<ApicRegister>((msr - kX2ApicFirstMsr) << 4);
}
constexpr u32 msr_from_apic_register(ApicRegister name) { return kX2ApicFirstMsr + (static_cast<u32>(name) >> 4); }

/// IA32_APIC_BASE: where the APIC is, and by what it is reached. @sdm{Enabling or Disabling the Local APIC, 10.4.3}
class ApicBase {
   public:
    /// Bits 11:10. xAPIC: by memory at `kMemory`; x2APIC: by MSRs.
    enum class Mode : u8 { Disabled = 0, XApic = 2, X2Apic = 3 };
    static constexpr u64 kMemory = 0xfee0'0000, kBootProcessor = 1 << 8;
    constexpr ApicBase(Mode mode, u64 boot_processor)
        : raw_(kMemory | static_cast<u64>(mode) << kModeShift | boot_processor) {}
    constexpr explicit ApicBase(u64 raw) : raw_(raw) {}
    constexpr u64 raw() const { return raw_; }
    constexpr Mode mode() const { return static_cast<Mode>(raw_ >> kModeShift & 3); }
    /// Whether `next` may be written over this: the way back from x2APIC to xAPIC mode is through Disabled, that from there to
    /// x2APIC mode through xAPIC, and nothing else changes. @sdm{x2APIC State Transitions, 10.12.5}
    constexpr bool may_become(ApicBase next) const {
        constexpr u8 kNext[] = {0b0101, 0, 0b1101, 0b1001};
        return !((raw_ ^ next.raw_) & ~(3ULL << kModeShift)) &&
               kNext[raw_ >> kModeShift & 3] >> (next.raw_ >> kModeShift & 3) & 1;
    }

   private:
    static constexpr unsigned kModeShift = 10;
    u64 raw_;
};
static_assert(ApicBase(ApicBase::Mode::X2Apic, ApicBase::kBootProcessor).raw() == 0xfee0'0d00);

/// How an interrupt is delivered, as the ICR and the LVT say it. @sdm{Interrupt Command Register (ICR), 10.6.1}
enum class DeliveryMode : u8 { Fixed = 0, LowestPriority = 1, Smi = 2, Nmi = 4, Init = 5, StartUp = 6, ExtInt = 7 };

/// An entry of the local vector table. @sdm{Local Vector Table, 10.5.1}
class LvtEntry {
   public:
    static constexpr u32 kMasked = 1U << 16;
    constexpr explicit LvtEntry(u32 raw) : raw_(raw) {}
    constexpr u8 vector() const { return static_cast<u8>(raw_); }
    constexpr DeliveryMode delivery() const { return static_cast<DeliveryMode>((raw_ >> 8) & 7); }
    constexpr bool masked() const { return raw_ & kMasked; }
    enum class TimerMode : u8 { OneShot = 0, Periodic = 1, TscDeadline = 2, Reserved = 3 };
    constexpr TimerMode timer_mode() const { return static_cast<TimerMode>((raw_ >> 17) & 3); }

   private:
    u32 raw_;
};

/// The interrupt command register in x2APIC mode. @sdm{ICR Operation in x2APIC Mode, 10.12.9}
class ApicCommand {
   public:
    enum class Shorthand : u8 { None = 0, Self = 1, All = 2, Others = 3 };
    static constexpr u32 kEverybody = 0xffff'ffff;
    constexpr explicit ApicCommand(u64 raw) : raw_(raw) {}
    /// What the two registers of xAPIC mode say: a destination of 8 bits, of which 0xff is everybody.
    static constexpr ApicCommand from_xapic(u32 high, u64 low) {
        const u64 destination = high >> 24 == 0xff ? kEverybody : high >> 24;
        return ApicCommand(destination << 32 | low);
    }
    static constexpr ApicCommand to_self(u8 vector) {
        return ApicCommand(static_cast<u64>(Shorthand::Self) << 18 | vector);
    }
    constexpr u64 raw() const { return raw_; }
    constexpr u8 vector() const { return static_cast<u8>(raw_); }
    constexpr DeliveryMode delivery() const { return static_cast<DeliveryMode>((raw_ >> 8) & 7); }
    constexpr bool logical() const { return raw_ & (1U << 11); }
    constexpr Shorthand shorthand() const { return static_cast<Shorthand>((raw_ >> 18) & 3); }
    constexpr u32 destination() const { return static_cast<u32>(raw_ >> 32); }

   private:
    u64 raw_;
};

/// Whether a logical destination means the APIC whose own is `own`: of the same group, one of whose `members` each of the low bits
/// is. @sdm{Logical Destination Mode, 10.6.2.2}
constexpr bool in_logical_group(u32 destination, u32 own, unsigned members) {
    return destination >> members == own >> members && (destination & own & ~(~0U << members));
}
static_assert(in_logical_group(0x2'0008, 0x2'0008, 16) && !in_logical_group(0x3'0008, 0x2'0008, 16));

/// The timer counts once in 2^n ticks of its clock: bits 3, 1 and 0 of the divide register, where 0 divides by 2, ..., 6 by 128, and 7
/// not at all. @sdm{Divide Configuration Register, figure 10-10}
constexpr unsigned timer_divide_shift(u32 divide) { return (((divide & 3) | ((divide & 8) >> 1)) + 1) & 7; }

/// The error status register. @sdm{Error Handling, 10.5.3}
namespace ApicError {
inline constexpr u32 kSendIllegalVector = 1U << 5, kReceivedIllegalVector = 1U << 6, kIllegalRegister = 1U << 7;
}

/// The spurious-interrupt vector register. @sdm{Spurious Interrupt, 10.9}
inline constexpr u32 kApicSoftwareEnable = 1U << 8;

/// The page. Kernel-owned; its VMM reads it through a mapping of its own.
struct alignas(4096) ApicPage {
    struct Register {
        u32 value;
        u32 high;  ///< of the ICR, the only one of 64 bits
        u32 reserved[2];
    } registers[64];
    /// Behind the registers, what others leave for the vCPU: for whoever takes it, and what only software can take, which is
    /// level-triggered.
    PostedInterrupts posted, posted_level;

    constexpr u32& at(ApicRegister name) { return registers[static_cast<unsigned>(name) >> 4].value; }
    constexpr u32 at(ApicRegister name) const { return registers[static_cast<unsigned>(name) >> 4].value; }
    constexpr u64 wide(ApicRegister name) const {
        const Register& found = registers[static_cast<unsigned>(name) >> 4];
        return static_cast<u64>(found.high) << 32 | found.value;
    }
    constexpr void set_wide(ApicRegister name, u64 value) {
        registers[static_cast<unsigned>(name) >> 4] = {static_cast<u32>(value), static_cast<u32>(value >> 32), {}};
    }
    /// Word 0 .. 7 of one of the three 256-bit registers.
    constexpr u32& word(ApicRegister first, unsigned index) {
        return registers[(static_cast<unsigned>(first) >> 4) + index].value;
    }
    constexpr u32 word(ApicRegister first, unsigned index) const {
        return registers[(static_cast<unsigned>(first) >> 4) + index].value;
    }
    constexpr bool test(ApicRegister first, u8 vector) const { return word(first, vector / 32) >> (vector % 32) & 1; }
    constexpr void set(ApicRegister first, u8 vector) { word(first, vector / 32) |= 1U << (vector % 32); }
    constexpr void clear(ApicRegister first, u8 vector) { word(first, vector / 32) &= ~(1U << (vector % 32)); }
    /// The highest set vector of a 256-bit register, or -1.
    constexpr int highest(ApicRegister first) const {
        for (unsigned i = 8; i-- > 0;) {
            if (const u32 bits = word(first, i)) return static_cast<int>(32 * i + 31) - std::countl_zero(bits);
        }
        return -1;
    }
};
static_assert(sizeof(ApicPage) == 4096 && offsetof(ApicPage, posted) % 64 == 0);
static_assert(msr_from_apic_register(ApicRegister::TaskPriority) == 0x808 &&
              msr_from_apic_register(ApicRegister::SelfIpi) == 0x83f);
