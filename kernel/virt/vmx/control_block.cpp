// SPDX-License-Identifier: MIT
/// @file
/// @brief The VMCS's one writer: registers in and out, and what surrounds VMRESUME.
/// @chapter ring-v
#include "virt/vmx/control_block.h"

#include <algorithm>

#include "sched/thread.h"
#include "x86/cpu.h"

extern "C" {
bool vmx_enter(abi::GeneralRegisters* guest, bool launched);
extern const char vmx_exit[];
}

namespace vmx {

/// While this lives, a vCPU's VMCS is the one that this core's VMREAD and VMWRITE reach.
class CurrentVmcs {
   public:
    explicit CurrentVmcs(const VmxControlBlock& block) { block.make_current(off_); }
    u64 read(VmcsField field) const { return x86::vmread(static_cast<u32>(field)); }
    u32 read32(VmcsField field) const { return static_cast<u32>(read(field)); }
    Event read_event(VmcsField field, VmcsField error) const { return Event(read(error) << 32 | read32(field)); }
    void write(VmcsField field, u64 value) const {
        CHECK(x86::vmwrite(static_cast<u32>(field), value), static_cast<u64>(field), value);
    }

   private:
    IrqOff off_;
};

namespace {

using enum VmcsField;

/// Fields that are zero for all guests and all hosts of ours, and need not be so in a new VMCS.
constexpr VmcsField kZeroes[] = {
    PageFaultErrorMask, PageFaultErrorMatch, Cr3TargetCount,  TprThreshold,    EntryEvent,       GuestActivity,
    GuestDebugCtl,      GuestPendingDebug,   HostEsSelector,  HostDsSelector,  HostFsSelector,   HostGsSelector,
    HostSysenterCs,     HostSysenterEsp,     HostSysenterEip, GuestSysenterCs, GuestSysenterEsp, GuestSysenterEip};

/// In units of the preemption timer, which are of 1 to 32 ticks of the TSC: a millisecond or less. Each entry starts it anew.
constexpr u64 kLongestRun = 1 << 16;

u16 read_attributes(const CurrentVmcs& vmcs, u32 segment) {
    return VmcsRights(vmcs.read32(field_of(GuestRights, segment))).attributes();
}

/// Calls `exchange(field, register)` for the registers whose fields hold them as they are.
template <class Registers, class Exchange>
void for_each_register(Registers& registers, Exchange exchange) {
    for (u32 i = 0; i < kVmcsSegments; ++i) {
        auto& segment = (&registers.es)[i];
        exchange(field_of(GuestSelector, i), segment.selector);
        exchange(field_of(GuestLimit, i), segment.limit);
        exchange(field_of(GuestBase, i), segment.base);
    }
    exchange(GuestGdtrBase, registers.gdtr.base);
    exchange(GuestGdtrLimit, registers.gdtr.limit);
    exchange(GuestIdtrBase, registers.idtr.base);
    exchange(GuestIdtrLimit, registers.idtr.limit);
    exchange(GuestCr3, registers.cr3);
    exchange(GuestDr7, registers.dr7);
}

}  // namespace

VmxControlBlock::VmxControlBlock(FrameRef region, const Controls& controls, PhysAddr msr_bitmaps, ApicPage& apic)
    : frame_(std::move(region)), controls_(controls), msr_bitmaps_(msr_bitmaps), apic_(apic) {
    for (u32 i = 0; i < kSwitchedMsrs; ++i) {
        const u32 number = std::end(kGuestMsrs)[-1 - static_cast<int>(i)];
        guest_msrs_[i] = {number, 0, 0};
        host_msrs_[i] = {number, 0, x86::rdmsr(number)};
    }
    x86::vmclear(frame_.address());
    const CurrentVmcs vmcs(*this);
    const u64 guest_msrs = frames::phys_from_virt(guest_msrs_).raw;
    const std::pair<VmcsField, u64> constants[] = {
        {PinControls, controls.pin},
        {ProcessorControls2, controls.processor2},
        {ExitControls, controls.exit},
        {ExceptionBitmap, kInterceptedExceptions},
        {VirtualApicPage, frames::phys_from_virt(&apic).raw},
        {ExitMsrStore, guest_msrs},
        {EntryMsrLoad, guest_msrs},
        {ExitMsrLoad, frames::phys_from_virt(host_msrs_).raw},
        {LinkPointer, ~0ULL},
        {Cr0Mask, ~0ULL},
        {Cr4Mask, ~0ULL},
        {HostPat, x86::rdmsr(Msr::kPat)},
        {HostEfer, x86::rdmsr(Msr::kEfer)},
        {HostCr0, x86::read_cr0()},
        {HostCsSelector, selector::kKernelCode},
        {HostSsSelector, selector::kKernelData},
        {HostTrSelector, selector::kTaskState},
        {HostRip, reinterpret_cast<u64>(vmx_exit)},
    };
    for (const auto& [field, value] : constants) vmcs.write(field, value);
    for (const VmcsField field : kZeroes) vmcs.write(field, 0);
    for (const VmcsField field : {ExitMsrStoreCount, EntryMsrLoadCount, ExitMsrLoadCount})
        vmcs.write(field, kSwitchedMsrs);
    if (controls.pin & VmxPin::PREEMPTION_TIMER) vmcs.write(GuestPreemptionTimer, kLongestRun);
    if (controls.takes_posted()) {
        vmcs.write(PostedVector, vector::kPosted);
        vmcs.write(PostedDescriptor, frames::phys_from_virt(&apic.posted).raw);
    }
    if (controls.processor2 & VmxProcessor2::ENCLS_EXITING) vmcs.write(EnclsExitingBitmap, ~0ULL);
}

VmxControlBlock::~VmxControlBlock() {
    const IrqOff off;
    leave_core();
}

/// A VMCS that a core has loaded is partly in that core, and no other may touch it before VMCLEAR. So it stays there only as
/// long as its thread does: whatever core the thread goes on, it loads it anew.
void VmxControlBlock::leave_core() {
    const VmxControlBlock* const block = std::exchange(this_core().current, nullptr);
    if (!block) return;
    x86::vmclear(block->frame_.address());
    block->launched_ = false;
}

Core& VmxControlBlock::make_current(const IrqOff&) const {
    Core& core = this_core();
    if (core.current == this) return core;
    CHECK(!core.current);
    CHECK(x86::vmptrld(frame_.address()), frame_.address().raw);
    core.current = this;
    current_thread().leave_core = leave_core;
    const CurrentVmcs vmcs(*this);
    Cpu& cpu = this_cpu();
    vmcs.write(HostCr4, x86::read_cr4());
    vmcs.write(HostGsBase, reinterpret_cast<u64>(&cpu));
    vmcs.write(HostTrBase, reinterpret_cast<u64>(&cpu.tss));
    vmcs.write(HostGdtrBase, reinterpret_cast<u64>(cpu.tables.gdt));
    vmcs.write(HostIdtrBase, x86::sidt().base);
    return core;
}

/// The translations of a dead tag are found by nobody. Those from guest-physical addresses have no tag but EPTP's.
void VmxControlBlock::choose_tag(const CurrentVmcs& vmcs, Core& core, const AddressSpace& space) {
    if (!core.vpids.renew(tag_, space.nested_generation())) return;
    const EptPointer root(space.tables().nested_root(), controls_.accessed_dirty);
    vmcs.write(Vpid, tag_.number);
    vmcs.write(EptRoot, root.raw());
    vmcs.write(HostCr3, space.tables().host_root().raw);
    if (tag_.flush_all) x86::invvpid_all();
    x86::invept(root.raw());
}

void VmxControlBlock::before_entry(const CurrentVmcs& vmcs, const GuestState& state) {
    const Event event = state.modes.cr0 & Cr0::PE ? state.event : state.event.without_error();  // real mode knows none
    vmcs.write(EntryEvent, static_cast<u32>(event.raw()));
    if (event.has_error()) vmcs.write(EntryEventError, event.error());
    const bool holds_nmis = state.nmi_blocked && !event.is(Event::Nmi);
    vmcs.write(GuestInterruptibility,
               (state.shadow ? blocking_ & VmcsBlocking::SHADOW : 0) | (holds_nmis ? VmcsBlocking::NMI : 0));
    vmcs.write(ProcessorControls, controls_.processor |
                                      (state.want_window ? VmxProcessor::INTERRUPT_WINDOW_EXITING : 0) |
                                      (state.want_nmi_window ? VmxProcessor::NMI_WINDOW_EXITING : 0) |
                                      (state.debug_loaded ? 0 : VmxProcessor::MOV_DR_EXITING));
    if (delivers_interrupts()) write_virtual_apic(vmcs);
    vmcs.write(GuestRip, state.general.rip);
    vmcs.write(GuestRsp, state.general.rsp);
    vmcs.write(GuestRflags, state.general.rflags);
    vmcs.write(TscOffset, state.tsc_offset);
    const Thread& thread = current_thread();
    vmcs.write(HostFsBase, thread.fs_base);
    host_msrs_[0].value = thread.gs_base;
    if (x86::read_cr2() != cr2_) x86::write_cr2(cr2_);
    if (state.debug_loaded) x86::write_dr6(dr6_);
}

/// Tells the processor what software has changed in the page: the highest request and service, and which interrupts must exit
/// when they end. Those are the level-triggered ones, and TMR knows them. @sdm{Virtual-Interrupt Delivery, 30.2}
void VmxControlBlock::write_virtual_apic(const CurrentVmcs& vmcs) const {
    const bool enabled = apic_.at(ApicRegister::SpuriousVector) & kApicSoftwareEnable;
    const int request = enabled ? std::max(apic_.highest(ApicRegister::InterruptRequest), 0) : 0;
    const int service = std::max(apic_.highest(ApicRegister::InService), 0);
    vmcs.write(GuestInterruptStatus, static_cast<u64>(service << 8 | request));
    for (u32 i = 0; i < 8; i += 2) {
        const u64 high = apic_.word(ApicRegister::TriggerMode, i + 1);
        vmcs.write(field_of(EoiExitBitmap, i / 2), high << 32 | apic_.word(ApicRegister::TriggerMode, i));
    }
}

void VmxControlBlock::after_exit(const CurrentVmcs& vmcs, GuestState& state) {
    constexpr u64 kAnyBreakpoint = 0xff, kBreakpoints = 0xf, kCauses = 0xe00f;  // DR7's and DR6's
    cr2_ = x86::read_cr2();
    // An exit makes the limit 64 KiB: what lies behind the table is nobody's descriptor.
    x86::lgdt({sizeof(this_cpu().tables.gdt) - 1, reinterpret_cast<u64>(this_cpu().tables.gdt)});
    if (state.debug_loaded) dr6_ = x86::read_dr6();
    state.debug_loaded = state.debug_loaded && (vmcs.read(GuestDr7) & kAnyBreakpoint);
    state.event = {};
    if (exit_.reason >= VmxExitReason::EntryFailed) return;
    state.general.rip = vmcs.read(GuestRip);
    state.general.rsp = vmcs.read(GuestRsp);
    state.general.rflags = vmcs.read(GuestRflags);
    blocking_ = vmcs.read(GuestInterruptibility);
    state.shadow = blocking_ & VmcsBlocking::SHADOW;
    state.nmi_blocked = blocking_ & VmcsBlocking::NMI;
    state.event = vmcs.read_event(IdtVectoring, IdtVectoringError).to_repeat();
    // A handler ends its interrupt before it lets others in. So one in service with interrupts on is just being delivered.
    if (const int service = apic_.highest(ApicRegister::InService);
        controls_.is_bochs() && state.event && (state.general.rflags & Rflags::IF) && service >= 0) {
        state.event = Event::interrupt(static_cast<u8>(service));
    }
    exit_.qualification = vmcs.read(ExitQualification);
    exit_.length = static_cast<u8>(vmcs.read(ExitInstructionLength));
    switch (exit_.reason) {
    case VmxExitReason::EptViolation:
        exit_.guest_physical = vmcs.read(GuestPhysicalAddress);
        if (VmxFaultQualification(exit_.qualification).iret_unblocked_nmi() && !state.event) state.nmi_blocked = true;
        break;
    case VmxExitReason::ControlAccess:
        exit_.code_64_bit = is_64_bit_code(state.modes, read_attributes(vmcs, kCodeSegment));
        break;
    case VmxExitReason::ExternalInterrupt:
        // The exit has acknowledged it, as posted interrupts need it, and so the handler is still owed.
        deliver_interrupt(vmcs.read_event(ExitEvent, ExitEventError).vector());
        break;
    case VmxExitReason::ExceptionOrNmi:
        exit_.event = vmcs.read_event(ExitEvent, ExitEventError);
        // Unlike an interrupt, an NMI does not wait: the exit has taken it, and the handler is still owed.
        if (exit_.event.is(Event::Nmi)) x86::int2();
        if (exit_.event.vector() == vector::kDebug) dr6_ = (dr6_ & ~kBreakpoints) | (exit_.qualification & kCauses);
        if (exit_.event.type() == Event::Int1) state.general.rip += exit_.length;  // a trap: it is past
        break;
    default: break;
    }
}

void VmxControlBlock::execute(GuestState& state, const AddressSpace& space, const IrqOff& off) {
    const CurrentVmcs vmcs(*this);
    choose_tag(vmcs, make_current(off), space);
    before_entry(vmcs, state);
    const bool refused = vmx_enter(&state.general, launched_);
    const u32 failed = static_cast<u32>(VmxExitReason::EntryFailed);
    exit_.reason = VmxExitReason{refused ? failed | vmcs.read32(InstructionError) : vmcs.read32(ExitReason)};
    launched_ |= exit_.reason < VmxExitReason::EntryFailed;
    after_exit(vmcs, state);
}

void VmxControlBlock::load(const abi::SystemRegisters& r) {
    const CurrentVmcs vmcs(*this);
    for_each_register(r, [&](VmcsField field, u64 value) { vmcs.write(field, value); });
    for (u32 i = 0; i < kVmcsSegments; ++i)
        vmcs.write(field_of(GuestRights, i), VmcsRights::from_attributes((&r.es)[i].attributes).raw());
    cr2_ = r.cr2;
    dr6_ = r.dr6;
}

void VmxControlBlock::store(abi::SystemRegisters& r) const {
    const CurrentVmcs vmcs(*this);
    for_each_register(r, [&]<class T>(VmcsField field, T& value) { value = static_cast<T>(vmcs.read(field)); });
    for (u32 i = 0; i < kVmcsSegments; ++i) (&r.es)[i].attributes = read_attributes(vmcs, i);
    r.cr2 = cr2_;
    r.dr6 = dr6_;
}

/// The guest reads what it wrote, from the shadows; VMX wants NE and VMXE set in the registers themselves.
void VmxControlBlock::apply(const GuestState& state) {
    const CurrentVmcs vmcs(*this);
    const auto& [cr0, cr4, efer] = state.modes;
    vmcs.write(Cr0Shadow, cr0);
    vmcs.write(GuestCr0, cr0 | Cr0::NE);
    vmcs.write(Cr4Shadow, cr4);
    vmcs.write(GuestCr4, cr4 | Cr4::VMXE);
    vmcs.write(GuestEfer, efer);
    vmcs.write(EntryControls, controls_.entry | (efer & Efer::LMA ? VmxEntryControl::GUEST_IA32E_MODE : 0));
    vmcs.write(GuestPat, state.pat);
    vmcs.write(MsrBitmaps, msr_bitmaps_.raw + (state.x2apic ? 0 : kPageBytes));
    tag_ = {};  // whatever the TLB knows of the old paging mode goes with the old tag
}

}  // namespace vmx
