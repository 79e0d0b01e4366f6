// SPDX-License-Identifier: MIT
/// @file
/// @brief The life of a vCPU, and its run loop: enter, settle, enter again.
/// @chapter ring-v
#include "virt/vcpu.h"

#include "virt/ring_v.h"
#include "x86/cpu.h"
#include "x86/host_breakpoints.h"

constinit SpinLocked<Vcpu::All> Vcpu::all_(LockRank::Vcpu);

Result<Owned<Vcpu>> Vcpu::create(u32 tid, const abi::RingV& frame) {
    if (!ring_v::back_end()) return Error{ENODEV};
    if (frame.vcpu_count == 0 || frame.vcpu_count > abi::kMaxVcpus || frame.apic_id >= 255) return Error{EINVAL};
    auto cleared = TRY(FrameRef::allocate(Fill::Zero));
    auto page = TRY(make_ref<FrameSource>(std::move(cleared), "[virtual-apic]"));
    auto& apic = *reinterpret_cast<ApicPage*>(page->frame().data());
    auto control = TRY(ring_v::back_end()->make_control_block(apic));
    auto vcpu = TRY(make_owned<Vcpu>(tid, frame, apic, std::move(control)));
    vcpu->source_ = page;
    vcpu->fpu_ = TRY(FpuState::create());
    AddressSpace::Mapping mapping{.bytes = kPageBytes, .protection = {.read = true}, .sharing = Sharing::Shared};
    mapping.source = Ref<PageSource>(page);
    vcpu->frame_.apic_page = TRY(current_thread().space->map(mapping)).raw;
    return vcpu;
}

Vcpu::Vcpu(u32 tid, const abi::RingV& frame, ApicPage& page, Owned<ControlBlock> control)
    : thread_(current_thread()),
      tid_(tid),
      vcpu_count_(frame.vcpu_count),
      apic_(page, frame.apic_id),
      timer_(
          page, [](void* vcpu, u8 vector) { static_cast<Vcpu*>(vcpu)->post(vector, abi::Trigger::Edge); }, this),
      control_(std::move(control)) {
    all_.lock()->vcpus.push_back(*this);
    trace_entry_.set(tid, control_->address(), frames::phys_from_virt(&frame_.general), frames::phys_from_virt(&page));
}

Vcpu::~Vcpu() {
    timer_.stop();
    if (fpu_) fpu_->destroy();
    auto list = all_.lock();
    list->vcpus.remove(*this);
    list->ended.add(counts_);
}

void Vcpu::load_system(abi::SystemRegisters given) {
    given.dr6 = x86::kept_dr6(given.dr6);
    given.dr7 = x86::kept_dr7(given.dr7);
    control_->load(given);
    set_modes({kept_cr0(given.cr0), given.cr4 & allowed_cr4(), given.efer & (Efer::SCE | Efer::LME | Efer::NXE)});
    state_.xcr0 = 1;
    if (frame_.load_system == abi::LoadSystem::Reset) {
        timer_.stop();
        apic_.reset();
    }
    apic_.set_task_priority(static_cast<u8>((given.cr8 & 15) << 4));
    state_.event = {};
    state_.shadow = state_.nmi_blocked = halted_ = false;
}

void Vcpu::set_modes(const Modes& modes) {
    state_.modes = {modes.cr0, modes.cr4, with_long_mode(modes.efer, modes.cr0)};
    control_->apply(state_);
}

Result<void> Vcpu::run() {
    const ThreadFpu fpu(thread_, fpu_);
    if (frame_.apic_offset) {
        const ApicRegister stored{static_cast<u16>(std::exchange(frame_.apic_offset, 0))};
        if (write_apic(stored, frame_.apic_value, ApicWay::Memory) == Settled::Vmm) return {};
    }
    frame_.load_system = abi::LoadSystem::Nothing;
    frame_.system_stored = 0;
    for (;;) {
        const Exit exit = enter();
        if (exit.kind == ExitKind::None) {
            if (thread_.is_interrupted() || (halted_ && sleep_halted() == Wake::Interrupted)) {
                frame_.reason = abi::ExitReason::Interrupted;
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
        if (halted_ || sched::should_yield(off) || thread_.is_interrupted()) return Exit();
        in_guest_ = true;
        prepare_entry();
        select_tsc_aux(state_.tsc_aux);  // the host leaves it as the last guest had it
        if (state_.xcr0 != host_xcr0_) FpuState::select_features(state_.xcr0);
        trace_entry_.set_in_guest(true);
        host_breakpoints::unload_before_guest();
        const bool debug = state_.debug_loaded;
        if (debug) x86::load_debug_addresses(state_.debug);
        control_->execute(state_, *thread_.space, off);
        if (debug) x86::take_debug_addresses(state_.debug);
        host_breakpoints::load_after_guest();
        trace_entry_.set_in_guest(false);
        in_guest_ = false;
        // QEMU 7.2 does not exit for XSETBV: what the guest put there is the guest's, and the host's comes back.
        const u64 xcr0 = FpuState::selected_features();
        if (xcr0 != host_xcr0_) FpuState::select_features(host_xcr0_);
        state_.xcr0 = xcr0 & host_xcr0_;
    }
    return control_->decode(state_);
}

void Vcpu::prepare_entry() {
    frame_.general.rflags = Rflags::kept(frame_.general.rflags);
    apic_.take_posted();
    if (!state_.event && !state_.nmi_blocked && !state_.shadow && apic_.take_nmi()) {
        state_.event = Event::nmi();
        state_.nmi_blocked = true;
    }
    auto waiting = apic_.has_requests() ? to_inject() : std::nullopt;
    if (waiting && !state_.event && (frame_.general.rflags & Rflags::IF) && !state_.shadow) {
        apic_.accept(*waiting);
        state_.event = Event::interrupt(*waiting);
        waiting = to_inject();
    }
    // What is still waiting (behind this event, behind IF, or behind a shadow) needs an exit when its turn comes.
    state_.want_window = waiting.has_value();
    state_.want_nmi_window = apic_.has_nmi();
}

Wake Vcpu::sleep_halted() {
    // No wake-up is lost: whoever posts first leaves the vector, then the token (LocalApic::post, Thread::unpark); this looks
    // for the vector first and then sleeps only if there is no token. In whichever order the two run, one of them is seen.
    for (apic_.take_posted(); !apic_.deliverable() && !apic_.has_nmi(); apic_.take_posted()) {
        if (Thread::park(Sleep::Interruptible) == Wake::Interrupted) return Wake::Interrupted;
    }
    halted_ = false;
    return Wake::Event;
}

void Vcpu::post(u8 vector, abi::Trigger trigger) {
    // A processor that takes what was posted by itself does not know of levels: those need an exit.
    if (apic_.post(vector, trigger)) wake(trigger == abi::Trigger::Edge ? control_->notification() : vector::kWake);
}

/// Gets the vCPU's thread to look at what was posted, wherever it is. The poster leaves the vector and then looks whether the
/// guest runs; `enter` says that the guest runs and then looks for vectors, with interrupts off until the guest really runs. So
/// either the vector is taken, or the core is interrupted and the guest comes out, or its processor takes the vector there and
/// then. Outside of the guest, the token is there when the thread parks; a notification that comes too late finds the handler
/// of an ordinary interrupt, which does nothing. In the guest on this very core, the caller is an interrupt handler, and the exit
/// has happened.
void Vcpu::wake(u8 notification) { in_guest_.load() ? thread_.interrupt_core(notification) : thread_.unpark(); }

bool Vcpu::send_ipi(const ApicCommand& command) {
    const auto shorthand = command.shorthand();
    const DeliveryMode how = command.delivery();
    if (how != DeliveryMode::Fixed && how != DeliveryMode::LowestPriority && how != DeliveryMode::Nmi) return false;
    auto list = all_.lock();
    for (Vcpu& target : list->vcpus) {
        const bool self = &target == this;
        const bool meant =
            shorthand == ApicCommand::Shorthand::None
                ? target.apic_.matches(command)
                : self == (shorthand == ApicCommand::Shorthand::Self) || shorthand == ApicCommand::Shorthand::All;
        if (!meant || target.thread_.space.get() != thread_.space.get()) continue;
        if (how == DeliveryMode::Nmi) {
            target.apic_.post_nmi();
            target.wake(vector::kWake);
        } else {
            target.post(command.vector(), abi::Trigger::Edge);
        }
        if (how == DeliveryMode::LowestPriority) break;  // one of them
    }
    return true;
}

Settled Vcpu::leave(abi::ExitReason reason, const abi::ExitDetail& detail) {
    frame_.reason = reason;
    frame_.exit = detail;
    // A string access is the VMM's to decode, and for that it needs to know the guest's mode and page tables.
    if (reason == abi::ExitReason::Eoi || reason == abi::ExitReason::Ipi ||
        (reason == abi::ExitReason::Io && !detail.io.string))
        return Settled::Vmm;
    apic_.refresh(timer_.current_count());  // the VMM reads the page where the guest does
    auto& r = frame_.system;
    control_->store(r);
    r.cr0 = state_.modes.cr0, r.cr4 = state_.modes.cr4, r.efer = state_.modes.efer;
    r.cr8 = apic_.task_priority() >> 4;
    frame_.system_stored = 1;
    return Settled::Vmm;
}
