// SPDX-License-Identifier: MIT
/// @file
/// @brief What a vendor's virtualisation extension does for Twain; nobody above reads a VMCB or VMCS.
/// @chapter ring-v
#pragma once

#include "lib/owned.h"
#include "mm/address_space.h"
#include "virt/exit.h"
#include "virt/guest_state.h"
#include "x86/apic_page.h"
#include "x86/traps.h"

/// One vCPU's control block. Used by its own thread only.
class ControlBlock {
   public:
    virtual ~ControlBlock() = default;

    /// Enters the guest and comes back with its next exit, undecoded. `space` is the memory that the guest sees.
    virtual void execute(GuestState& state, const AddressSpace& space, const IrqOff&) = 0;
    /// What the last `execute` ended with. May read guest memory and so sleep.
    virtual Exit decode(GuestState& state) = 0;

    /// The system registers that are not in GuestState, in and out; no reserved bit is set. A combination that the processor
    /// refuses shows as ExitKind::BadState.
    virtual void load(const abi::SystemRegisters& registers) = 0;
    virtual void store(abi::SystemRegisters& registers) const = 0;
    /// Takes over the state's modes, PAT and x2APIC, which have changed.
    virtual void apply(const GuestState& state) = 0;
    /// Whether the processor itself delivers what stands in the virtual-APIC page. Then interrupts are not injected, and the
    /// page's IRR, ISR, TPR and PPR may be others after each `execute`.
    virtual bool delivers_interrupts() const { return false; }

    /// The interrupt that makes a running guest's core look at what was posted. One of a vector of its own does not end the run.
    virtual u8 notification() const { return vector::kWake; }

    /// For the debugger.
    virtual PhysAddr address() const = 0;
};

/// The registers that entry and exit exchange, and that guests have for themselves.
inline constexpr u32 kGuestMsrs[] = {Msr::kSysenterCs, Msr::kSysenterEsp, Msr::kSysenterEip, Msr::kFsBase,
                                     Msr::kGsBase,     Msr::kStar,        Msr::kLstar,       Msr::kCstar,
                                     Msr::kSfmask,     Msr::kKernelGsBase};

/// A guest can have these two raised for ever within one instruction, with no interrupt in between.
inline constexpr u32 kInterceptedExceptions = 1U << vector::kDebug | 1U << vector::kAlignmentCheck;

/// A vendor's extension.
struct BackEnd {
    const char* name;  ///< "SVM" or "VMX"
    NestedFormat nested_format;
    /// Whether the processor has the extension at all.
    bool (*present)();
    /// Where it has: null when it can run guests, else what it lacks, in words for people.
    const char* (*missing)();
    /// Turns the extension on, on the calling core. Interrupts are off. ENOMEM.
    Result<void> (*start_core)();
    /// ENOMEM.
    Result<Owned<ControlBlock>> (*make_control_block)(ApicPage& apic);
};
namespace svm {
extern const BackEnd back_end;
}
namespace vmx {
extern const BackEnd back_end;
}
