// SPDX-License-Identifier: MIT
/// @file
/// @brief A vCPU's VMCB.
/// @chapter ring-v
#pragma once

#include "virt/back_end.h"
#include "virt/svm/instruction.h"
#include "virt/tags.h"
#include "x86/vmcb.h"

namespace svm {

/// What each core needs to run guests.
struct Core {
    PhysAddr host_state;  ///< where the entry stub keeps what VMRUN does not
    TagAllocator asids{0};
    /// The processor is QEMU's interpreter. After VMRUN has delivered an interrupt it keeps the vector as that of an exception
    /// under way; a request to stop the machine that comes before the next exit is lost for it, and the vector delivered a
    /// second time. So an interrupt of ours waits then, and the guest exits as soon as its own has been delivered.
    bool interpreted = false;
};
/// The core that this runs on. Interrupts are off.
Core& this_core();

/// A VMCB, and what of a guest's state has no place in one.
class SvmControlBlock final : public ControlBlock {
   public:
    /// `vmcb` is a cleared frame of its own. The permission maps are the same for all guests.
    SvmControlBlock(FrameRef vmcb, PhysAddr io_map, PhysAddr msr_map, ApicPage& apic);

    void execute(GuestState& state, const AddressSpace& space, const IrqOff&) override;
    Exit decode(GuestState& state) override;
    void load(const abi::SystemRegisters& registers) override;
    void store(abi::SystemRegisters& registers) const override;
    void apply(const GuestState& state) override;
    PhysAddr address() const override { return frame_.address(); }

   private:
    void before_entry(const GuestState& state);
    void after_exit(GuestState& state);
    PagingState paging(const GuestState& state) const;
    u8 length_of(Opcode expected, const GuestState& state);
    Exit at_instruction(ExitKind kind, Opcode opcode, const GuestState& state);
    Exit control_write(const GuestState& state);

    FrameRef frame_;
    Vmcb& vmcb_;
    ApicPage& apic_;
    InstructionReader reader_;
    TranslationTag tag_;
    bool iret_pending_ = false;  ///< an NMI's IRET was reached at `iret_rip_` and has not run yet
    u64 iret_rip_ = 0;
};

}  // namespace svm
