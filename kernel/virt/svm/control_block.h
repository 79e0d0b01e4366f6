// SPDX-License-Identifier: MIT
/// @file
/// @brief A vCPU's VMCB.
/// @chapter ring-v
#pragma once

#include "virt/back_end.h"
#include "virt/guest_memory.h"
#include "virt/svm/instruction.h"
#include "virt/tags.h"
#include "x86/vmcb.h"

namespace svm {

/// What each core needs to run guests.
struct Core {
    PhysAddr host_save;   ///< where VMRUN keeps the host's state
    PhysAddr host_state;  ///< where the entry stub keeps the rest of it
    TagAllocator asids{0};
    u64 tsc_aux = 0;  ///< what the register holds; the host leaves it as the last guest had it
    /// The processor is QEMU's interpreter. After VMRUN has delivered an interrupt it keeps the vector as that of an exception
    /// under way; a request to stop the machine that comes before the next exit is lost for it, and the vector delivered a
    /// second time. So an interrupt of ours waits then, and the guest exits as soon as its own has been delivered.
    bool interpreted = false;
};
/// The core that this runs on. Interrupts are off.
Core& this_core();

/// The permission maps, the same for all guests. Physical addresses.
struct PermissionMaps {
    PhysAddr io;
    PhysAddr msr;
};

/// A VMCB, and what of a guest's state has no place in one.
class SvmControlBlock final : public ControlBlock {
   public:
    /// `vmcb` is a cleared frame of its own.
    SvmControlBlock(FrameRef vmcb, const PermissionMaps& maps, ApicPage& apic);

    void execute(GuestState& state, const AddressSpace& space, const IrqOff&) override;
    Exit decode(GuestState& state) override;
    void load(const abi::SystemRegisters& registers, GuestState& state) override;
    void store(abi::SystemRegisters& registers, const GuestState& state) const override;
    PagingState paging() const override;
    void set_modes(const Modes& modes) override;
    void write_pat(u64 value) override { vmcb_.state.pat = value; }
    PhysAddr address() const override { return frame_.address(); }

   private:
    void choose_tag(Core& core, const AddressSpace& space);
    void before_entry(GuestState& state);
    void after_exit(GuestState& state);
    void store_debug(GuestState& state);
    Exit decode_range(u32 code, u64 information);
    u8 length_of(Opcode opcode, u64 rip);
    u8 walk_for_length(Opcode opcode, u64 rip);
    Exit at_instruction(ExitKind kind, Opcode opcode, const GuestState& state);
    Exit control_write(GuestState& state);
    Exit host_interrupt(const GuestState& state);

    FrameRef frame_;
    Vmcb& vmcb_;
    ApicPage& apic_;
    InstructionReader reader_;
    TranslationTag tag_;
    bool debug_loaded_ = false;  ///< the guest uses DR0 .. DR3: they are exchanged around each run
    bool iret_pending_ = false;  ///< an NMI's IRET was reached at `iret_rip_` and has not run yet
    u64 iret_rip_ = 0;
};

}  // namespace svm
