// SPDX-License-Identifier: MIT
/// @file
/// @brief What a vendor's virtualisation extension does for Twain; nobody above reads a VMCB or VMCS.
/// @chapter ring-v
#pragma once

#include "lib/owned.h"
#include "sync/spin_lock.h"
#include "virt/exit.h"
#include "virt/guest_state.h"
#include "x86/apic_page.h"

/// One vCPU's control block. Used by its own thread only.
class ControlBlock {
   public:
    virtual ~ControlBlock() = default;

    /// Enters the guest and comes back with its next exit, undecoded. `space` is the memory that the guest sees.
    virtual void execute(GuestState& state, const AddressSpace& space, const IrqOff&) = 0;
    /// What the last `execute` ended with. May read guest memory and so sleep.
    virtual Exit decode(GuestState& state) = 0;

    /// The system registers, in and out; no reserved bit is set. A combination that the processor refuses shows as
    /// ExitKind::BadState.
    virtual void load(const abi::SystemRegisters& registers, GuestState& state) = 0;
    virtual void store(abi::SystemRegisters& registers, const GuestState& state) const = 0;
    virtual PagingState paging() const = 0;
    /// The registers that decide between the processor's modes; EFER.LMA is right.
    virtual void set_modes(const Modes& modes) = 0;
    virtual void write_pat(u64 value) = 0;
    /// Whether the processor itself delivers what stands in the virtual-APIC page. Then interrupts are not injected, and the
    /// page's IRR, ISR, TPR and PPR may be others after each `execute`.
    virtual bool delivers_interrupts() const { return false; }

    /// For the debugger.
    virtual PhysAddr address() const = 0;
};

/// The registers that entry and exit exchange, and that guests have for themselves.
inline constexpr u32 kGuestMsrs[] = {Msr::kSysenterCs, Msr::kSysenterEsp, Msr::kSysenterEip, Msr::kFsBase,
                                     Msr::kGsBase,     Msr::kStar,        Msr::kLstar,       Msr::kCstar,
                                     Msr::kSfmask,     Msr::kKernelGsBase};

/// A vendor's extension.
class BackEnd {
   public:
    /// "SVM" or "VMX".
    virtual const char* name() const = 0;
    virtual NestedFormat nested_format() const = 0;
    /// Whether the processor has the extension at all.
    virtual bool present() const = 0;
    /// Where it has: null when it can run guests, else what it lacks, in words for people.
    virtual const char* missing() const = 0;
    /// Turns the extension on, on the calling core. Interrupts are off. ENOMEM.
    virtual Result<void> start_core() = 0;
    /// ENOMEM.
    virtual Result<Owned<ControlBlock>> make_control_block(ApicPage& apic) = 0;

   protected:
    ~BackEnd() = default;
};
