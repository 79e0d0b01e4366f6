// SPDX-License-Identifier: MIT
/// @file
/// @brief A vCPU's VMCS, and the controls that all of them have.
/// @chapter ring-v
#pragma once

#include "virt/back_end.h"
#include "virt/tags.h"
#include "x86/vmcs.h"

namespace vmx {

/// The controls that every guest runs with, and what else the processor has told.
struct Controls {
    u32 pin = 0, processor = 0, processor2 = 0, exit = 0, entry = 0;
    u32 revision = 0;             ///< that a VMCS begins with
    bool accessed_dirty = false;  ///< EPT entries have these bits
    /// The processor evaluates the virtual-APIC page: it reads registers there, delivers what IRR holds, and ends interrupts.
    bool virtual_apic() const { return processor2 & VmxProcessor2::VIRTUAL_INTERRUPT_DELIVERY; }
    /// The processor takes what is posted while the guest runs.
    bool takes_posted() const { return pin & VmxPin::PROCESS_POSTED_INTERRUPTS; }
    /// Bochs 2.7. The IDT-vectoring information of its exits knows nothing of virtual interrupts: it has the event before.
    bool is_bochs() const { return revision == 0x2b; }
};

using ReadMsr = u64 (*)(u32 msr);

/// Chooses `controls` by the capability MSRs of a processor whose CPUID shows VMX; reads only those that exist. Null, or a
/// sentence that says what is lacking.
const char* choose_controls(ReadMsr read_msr, Controls& controls);

class VmxControlBlock;
class CurrentVmcs;

/// What each core needs to run guests.
struct Core {
    const VmxControlBlock* current = nullptr;  ///< whose VMCS VMREAD and VMWRITE reach
    TagAllocator vpids{1 << 16};
};
/// The core that this runs on. Interrupts are off.
Core& this_core();

/// What the processor tells of an exit.
struct VmxExit {
    VmxExitReason reason;
    u64 qualification;
    u8 length;           ///< of the instruction, where one exited
    u64 guest_physical;  ///< of an EPT violation
    Event event;         ///< the exception, or an NMI
    bool code_64_bit;    ///< of an access to a control register
};
/// What that means. The guest's registers are as it left them.
Exit decode_exit(const VmxExit& exit, const GuestState& state);

/// A VMCS, and what of a guest's state has no place in one.
class VmxControlBlock final : public ControlBlock {
   public:
    /// `vmcs` is a cleared frame of its own that begins with the revision. The MSR bitmaps take a page in x2APIC mode, and the next
    /// in other modes.
    VmxControlBlock(FrameRef vmcs, const Controls& controls, PhysAddr msr_bitmaps, ApicPage& apic);
    ~VmxControlBlock() override;

    void execute(GuestState& state, const AddressSpace& space, const IrqOff&) override;
    Exit decode(GuestState& state) override { return decode_exit(exit_, state); }
    void load(const abi::SystemRegisters& registers) override;
    void store(abi::SystemRegisters& registers) const override;
    void apply(const GuestState& state) override;
    bool delivers_interrupts() const override { return controls_.virtual_apic(); }
    u8 notification() const override { return controls_.takes_posted() ? vector::kPosted : vector::kWake; }
    PhysAddr address() const override { return frame_.address(); }

   private:
    friend class CurrentVmcs;
    /// The last of kGuestMsrs, from the last on, which no field holds: entry loads the guest's; exit stores them and loads the
    /// host's. KernelGSBase is the first.
    static constexpr u32 kSwitchedMsrs = 5;

    Core& make_current(const IrqOff&) const;
    static void leave_core();
    void choose_tag(const CurrentVmcs& vmcs, Core& core, const AddressSpace& space);
    void before_entry(const CurrentVmcs& vmcs, const GuestState& state);
    void write_virtual_apic(const CurrentVmcs& vmcs) const;
    void after_exit(const CurrentVmcs& vmcs, GuestState& state);

    FrameRef frame_;
    const Controls& controls_;
    const PhysAddr msr_bitmaps_;
    const ApicPage& apic_;
    mutable bool launched_ = false;  ///< entered since it became this core's
    TranslationTag tag_;
    VmxExit exit_{};
    u64 cr2_ = 0, dr6_ = 0;
    u64 blocking_ = 0;  ///< interruptibility at the last exit
    alignas(16) VmxMsrEntry guest_msrs_[kSwitchedMsrs];
    VmxMsrEntry host_msrs_[kSwitchedMsrs];
};

}  // namespace vmx
