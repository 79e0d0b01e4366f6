// SPDX-License-Identifier: MIT
/// @file
/// @brief The life of a vCPU, and its run loop: enter, settle, enter again.
/// @chapter ring-v
#include "virt/vcpu.h"

#include "virt/ring_v.h"
#include "virt/vcpu_list.h"
#include "x86/host_breakpoints.h"
#include "x86/registers.h"

namespace {

/// While this lives, an interrupt handler or another core that posts something must get the guest out.
class InGuest {
   public:
    explicit InGuest(std::atomic<bool>& flag) : flag_(flag) { flag_.store(true); }
    ~InGuest() { flag_.store(false); }

   private:
    std::atomic<bool>& flag_;
};

/// While this lives, the thread's extended registers are its guest's; a switch of threads saves and restores them as it does
/// any thread's.
class GuestFpu {
   public:
    explicit GuestFpu(Thread& thread, FpuState* guest) : thread_(thread), host_(thread.fpu) { exchange(host_, guest); }
    ~GuestFpu() { exchange(thread_.fpu, host_); }

   private:
    void exchange(FpuState* out, FpuState* in) {
        const IrqOff off;  // a switch of threads in the middle would save the one's registers as the other's
        if (out) out->save();
        thread_.fpu = in;
        if (in) in->restore();
    }
    Thread& thread_;
    FpuState* host_;
};

constexpr u64 kCr4Known = Cr4::VME | Cr4::PVI | Cr4::TSD | Cr4::DE | Cr4::PSE | Cr4::PAE | Cr4::MCE | Cr4::PGE |
                          Cr4::PCE | Cr4::OSFXSR | Cr4::OSXMMEXCPT | Cr4::UMIP | Cr4::FSGSBASE | Cr4::OSXSAVE |
                          Cr4::SMEP | Cr4::SMAP;

}  // namespace

Result<FrameRef> ApicFrame::page(u64 index) {
    if (index != 0) return Error{ENXIO};
    return FrameRef(frame_);
}

Result<Owned<Vcpu>> Vcpu::create(u32 tid, const abi::RingV& frame) {
    if (!ring_v::back_end()) return Error{ENODEV};
    if (frame.vcpu_count == 0 || frame.vcpu_count > 64 || frame.apic_id >= 255) return Error{EINVAL};
    auto frame_of_page = TRY(FrameRef::allocate(Fill::Zero));
    auto page = TRY(make_ref<ApicFrame>(std::move(frame_of_page)));
    page->apic().at(ApicRegister::Id) = frame.apic_id;
    auto control = TRY(ring_v::back_end()->make_control_block(page->apic()));
    auto vcpu = TRY(make_owned<Vcpu>(tid, frame.vcpu_count, page, std::move(control)));
    vcpu->fpu_ = TRY(FpuState::create());
    AddressSpace::Mapping mapping;
    mapping.bytes = kPageBytes;
    mapping.protection.read = true;
    mapping.sharing = Sharing::Shared;
    mapping.source = Ref<PageSource>(page);
    vcpu->frame_.apic_page = TRY(current_thread().space->map(mapping)).raw;
    return vcpu;
}

Vcpu::Vcpu(u32 tid, u32 vcpu_count, Ref<ApicFrame> page, Owned<ControlBlock> control)
    : thread_(current_thread()),
      tid_(tid),
      vcpu_count_(vcpu_count),
      page_(std::move(page)),
      apic_(page_->apic(), page_->apic().at(ApicRegister::Id)),
      timer_(
          apic_,
          [](void* vcpu) {
              auto& self = *static_cast<Vcpu*>(vcpu);
              const LvtEntry entry = self.apic_.timer_entry();
              if (!entry.masked()) self.post(entry.vector(), abi::Trigger::Edge);
          },
          this),
      control_(std::move(control)) {
    VcpuList::add(*this);
    trace_entry_.set(tid, control_->address(), frames::phys_from_virt(&frame_.general), page_->address());
}

Vcpu::~Vcpu() {
    timer_.stop();
    VcpuList::remove(*this);
    if (fpu_) fpu_->destroy();
}

void Vcpu::load_system(const abi::SystemRegisters& given) {
    constexpr u64 kDr6One = 0xffff'0ff0, kDr6Known = 0xe00f, kDr7One = 0x400, kDr7Known = 0xffff'2bff;
    abi::SystemRegisters registers = given;
    registers.cr0 = kept_cr0(given.cr0);
    registers.cr4 &= kCr4Known;
    registers.efer = with_long_mode(given.efer & (Efer::SCE | Efer::LME | Efer::NXE), registers.cr0);
    registers.dr6 = (given.dr6 & kDr6Known) | kDr6One;
    registers.dr7 = (given.dr7 & kDr7Known) | kDr7One;
    control_->load(registers, state_);
    state_.xcr0 = 1;
    apic_.set_task_priority(static_cast<u8>((registers.cr8 & 15) << 4));
    state_.event = {};
    state_.shadow = false;
    halted_ = false;
}

Result<void> Vcpu::run() {
    const GuestFpu fpu(thread_, fpu_);
    frame_.load_system = frame_.system_stored = 0;
    for (;;) {
        const Exit exit = enter();
        if (exit.kind == ExitKind::None) {
            if (thread_.is_interrupted() || (halted_ && sleep_halted() == Wake::Interrupted)) {
                leave(abi::ExitReason::Interrupted);
                return {};
            }
            if (sched::should_yield()) sched::yield();
            continue;
        }
        const Settled settled = settle(exit);
        counts_.add(exit.kind, settled);
        if (settled == Settled::OutOfMemory) return Error{ENOMEM};
        if (settled == Settled::Vmm) return {};
    }
}

Exit Vcpu::enter() {
    {
        // From here to the exit the host's interrupts wait: one that comes after the looks below ends the guest's run at its
        // first instruction, so nothing that an interrupt handler leaves behind (a posted vector, a thread to run, a signal)
        // is overlooked.
        const IrqOff off;
        const InGuest in_guest(in_guest_);
        if (halted_ || sched::should_yield() || thread_.is_interrupted()) return Exit();
        prepare_entry();
        if (state_.xcr0 != host_xcr0_) FpuState::select_features(state_.xcr0);
        trace_entry_.set_in_guest(true);
        host_breakpoints::unload_before_guest();
        control_->execute(state_, *thread_.space, off);
        trace_entry_.set_in_guest(false);
        host_breakpoints::load_after_guest();
        // QEMU 7.2 does not exit for XSETBV: what the guest put there is the guest's, and the host's comes back.
        const u64 xcr0 = FpuState::selected_features();
        if (xcr0 != host_xcr0_) FpuState::select_features(host_xcr0_);
        state_.xcr0 = xcr0 & host_xcr0_;
    }
    return control_->decode(state_);
}

void Vcpu::prepare_entry() {
    constexpr u64 kRflagsKnown = 0x3f'7fd5, kRflagsOne = 2;
    frame_.general.rflags = (frame_.general.rflags & kRflagsKnown) | kRflagsOne;
    apic_.take_posted();
    const bool open = (frame_.general.rflags & Rflags::IF) && !state_.shadow;
    if (!state_.event) {
        if (apic_.has_nmi() && !state_.nmi_blocked && !state_.shadow) {
            apic_.take_nmi();
            state_.event = Event::nmi();
            state_.nmi_blocked = true;
        } else if (const auto vector = to_inject(); vector && open) {
            apic_.accept(*vector);
            state_.event = Event::interrupt(*vector);
        }
    }
    // What is still waiting (behind this event, behind IF, or behind a shadow) needs an exit when its turn comes.
    state_.want_window = to_inject().has_value();
    state_.want_nmi_window = apic_.has_nmi();
}

Wake Vcpu::sleep_halted() {
    // No wake-up is lost: whoever posts first leaves the vector, then the token (LocalApic::post, Thread::unpark); this looks
    // for the vector first and then sleeps only if there is no token. In whichever order the two run, one of them is seen.
    for (;;) {
        apic_.take_posted();
        if (apic_.deliverable() || apic_.has_nmi()) break;
        if (Thread::park(Sleep::Interruptible) == Wake::Interrupted) return Wake::Interrupted;
    }
    halted_ = false;
    return Wake::Event;
}

void Vcpu::post(u8 vector, abi::Trigger trigger) {
    apic_.post(vector, trigger);
    wake();
}

/// Gets the vCPU's thread to look at what was posted, wherever it is. The poster leaves the vector and then looks whether the
/// guest runs; `enter` says that the guest runs and then looks for vectors, with interrupts off until the guest really runs. So
/// either the vector is taken, or the core is interrupted and the guest comes out. Outside of the guest, the token is there
/// when the thread parks. In the guest on this very core, the caller is an interrupt handler, and the exit has happened.
void Vcpu::wake() {
    if (in_guest_.load()) {
        thread_.interrupt_core();
    } else {
        thread_.unpark();
    }
}

void Vcpu::send_ipi(const ApicCommand& command) {
    bool delivered = false;  // lowest priority: to one of them
    VcpuList::for_each(*thread_.space, [&](Vcpu& target) {
        const bool self = &target == this;
        const auto shorthand = command.shorthand();
        const bool meant =
            shorthand == ApicCommand::Shorthand::None
                ? target.apic_.matches(command)
                : self == (shorthand == ApicCommand::Shorthand::Self) || shorthand == ApicCommand::Shorthand::All;
        if (!meant || (delivered && command.delivery() == DeliveryMode::LowestPriority)) return;
        delivered = true;
        if (command.delivery() == DeliveryMode::Nmi) {
            target.apic_.post_nmi();
            target.wake();
        } else {
            target.post(command.vector(), abi::Trigger::Edge);
        }
    });
}

Settled Vcpu::leave(abi::ExitReason reason) {
    frame_.reason = reason;
    return Settled::Vmm;
}

Settled Vcpu::leave_with_system(abi::ExitReason reason) {
    control_->store(frame_.system, state_);
    frame_.system.cr8 = apic_.task_priority() >> 4;
    frame_.system_stored = 1;
    return leave(reason);
}
