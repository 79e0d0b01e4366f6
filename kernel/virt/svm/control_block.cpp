// SPDX-License-Identifier: MIT
/// @file
/// @brief The VMCB's one writer: registers in and out, and what surrounds VMRUN.
/// @chapter ring-v
#include "virt/svm/control_block.h"

#include "x86/debug_registers.h"
#include "x86/local_apic.h"
#include "x86/registers.h"
#include "x86/traps.h"

extern "C" void svm_enter(u64 vmcb, abi::GeneralRegisters* guest, u64 host_state);

namespace svm {

namespace {

constexpr u32 kIntercepts = Intercept::INTR | Intercept::NMI | Intercept::SMI | Intercept::INIT | Intercept::RDPMC |
                            Intercept::CPUID | Intercept::RSM | Intercept::INVD | Intercept::HLT | Intercept::INVLPGA |
                            Intercept::IOIO | Intercept::MSR | Intercept::FERR | Intercept::SHUTDOWN;
constexpr u32 kInterceptsSvm = InterceptSvm::VMRUN | InterceptSvm::VMMCALL | InterceptSvm::VMLOAD |
                               InterceptSvm::VMSAVE | InterceptSvm::STGI | InterceptSvm::CLGI | InterceptSvm::SKINIT |
                               InterceptSvm::WBINVD | InterceptSvm::MONITOR | InterceptSvm::MWAIT |
                               InterceptSvm::MWAIT_ARMED | InterceptSvm::XSETBV | InterceptSvm::RDPRU;
/// A guest can have these two raised for ever within one instruction, with no interrupt in between.
constexpr u32 kAlignmentCheck = 17;
constexpr u32 kInterceptedExceptions = 1U << vector::kDebug | 1U << kAlignmentCheck;
/// CR8 too: QEMU 7.2 aborts when a guest writes it while a virtual interrupt is pending.
constexpr u16 kInterceptedControlWrites = 1 << 0 | 1 << 4 | 1 << 8;
constexpr u16 kDebugAddressRegisters = 0xf;

}  // namespace

SvmControlBlock::SvmControlBlock(FrameRef vmcb, const PermissionMaps& maps, ApicPage& apic)
    : frame_(std::move(vmcb)), vmcb_(*reinterpret_cast<Vmcb*>(frame_.data())), apic_(apic) {
    VmcbControl& control = vmcb_.control;
    control.intercept_cr_write = kInterceptedControlWrites;
    control.intercept_dr_read = control.intercept_dr_write = kDebugAddressRegisters;
    control.intercept_exceptions = kInterceptedExceptions;
    control.intercepts_svm = kInterceptsSvm;
    control.io_permissions = maps.io.raw;
    control.msr_permissions = maps.msr.raw;
    control.interrupt_control = {};
    control.nested_enable = 1;
    vmcb_.state.efer = Efer::SVME;
    vmcb_.state.pat = GuestState::kPatAtReset;
}

void SvmControlBlock::choose_tag(Core& core, const AddressSpace& space) {
    vmcb_.control.tlb_control = SvmTlbControl::Nothing;
    if (!tag_.renew(core.asids, space.nested_generation())) return;
    vmcb_.control.asid = tag_.number();
    if (tag_.flush_all()) vmcb_.control.tlb_control = SvmTlbControl::FlushAll;
}

void SvmControlBlock::before_entry(GuestState& state) {
    VmcbControl& control = vmcb_.control;
    control.intercepts = kIntercepts | (state.want_window ? Intercept::VINTR : 0) |
                         (state.nmi_blocked && !iret_pending_ ? Intercept::IRET : 0);
    control.interrupt_control.set_tpr(static_cast<u8>(apic_.at(ApicRegister::TaskPriority) >> 4 & 15));
    if (state.want_window) {
        control.interrupt_control.request_window();
    } else {
        control.interrupt_control.clear_window();
    }
    control.interrupt_shadow = state.shadow;
    control.inject = state.event;
    control.tsc_offset = state.tsc_offset;
    vmcb_.state.rip = state.general.rip;
    vmcb_.state.rsp = state.general.rsp;
    vmcb_.state.rax = state.general.rax;
    vmcb_.state.rflags = state.general.rflags;
    if (debug_loaded_) [[unlikely]]
        x86::load_debug_addresses(state.debug);
}

void SvmControlBlock::after_exit(GuestState& state) {
    state.general.rip = vmcb_.state.rip;
    state.general.rsp = vmcb_.state.rsp;
    state.general.rax = vmcb_.state.rax;
    state.general.rflags = vmcb_.state.rflags;
    state.shadow = vmcb_.control.interrupt_shadow & 1;
    state.event = vmcb_.control.exit_event.to_repeat();
    if (iret_pending_ && state.general.rip != iret_rip_) iret_pending_ = state.nmi_blocked = false;
    if (debug_loaded_) [[unlikely]]
        store_debug(state);
}

/// The host leaves them clear. When the guest has no breakpoint set, its next access brings them back.
void SvmControlBlock::store_debug(GuestState& state) {
    x86::take_debug_addresses(state.debug);
    constexpr u64 kAnyEnabled = 0xff;
    if (vmcb_.state.dr7 & kAnyEnabled) return;
    debug_loaded_ = false;
    vmcb_.control.intercept_dr_read = vmcb_.control.intercept_dr_write = kDebugAddressRegisters;
}

void SvmControlBlock::execute(GuestState& state, const AddressSpace& space, const IrqOff&) {
    Core& core = this_core();
    choose_tag(core, space);
    vmcb_.control.nested_root = space.tables().nested_root().raw;
    before_entry(state);
    if (core.tsc_aux != state.tsc_aux) x86::wrmsr(Msr::kTscAux, core.tsc_aux = state.tsc_aux);
    if (core.interpreted && state.event.is(Event::Interrupt)) local_apic::interrupt_self(vector::kWake);
    svm_enter(frame_.address().raw, &state.general, core.host_state.raw);
    after_exit(state);
}

void SvmControlBlock::load(const abi::SystemRegisters& r, GuestState& state) {
    VmcbState& s = vmcb_.state;
    s.cs = r.cs, s.ds = r.ds, s.es = r.es, s.fs = r.fs, s.gs = r.gs, s.ss = r.ss, s.tr = r.tr, s.ldtr = r.ldtr;
    s.gdtr = {0, 0, static_cast<u32>(r.gdtr.limit), r.gdtr.base};
    s.idtr = {0, 0, static_cast<u32>(r.idtr.limit), r.idtr.base};
    s.cpl = (r.ss.attributes >> 5) & 3;
    s.cr2 = r.cr2;
    s.cr3 = r.cr3;
    s.dr6 = r.dr6;
    s.dr7 = r.dr7;
    set_modes({r.cr0, r.cr4, r.efer});
    state.nmi_blocked = iret_pending_ = false;
}

void SvmControlBlock::store(abi::SystemRegisters& r, const GuestState&) const {
    const VmcbState& s = vmcb_.state;
    r.cs = s.cs, r.ds = s.ds, r.es = s.es, r.fs = s.fs, r.gs = s.gs, r.ss = s.ss, r.tr = s.tr, r.ldtr = s.ldtr;
    r.gdtr = {s.gdtr.base, s.gdtr.limit};
    r.idtr = {s.idtr.base, s.idtr.limit};
    r.cr0 = s.cr0, r.cr2 = s.cr2, r.cr3 = s.cr3, r.cr4 = s.cr4;
    r.efer = s.efer & ~Efer::SVME;
    r.dr6 = s.dr6, r.dr7 = s.dr7;
}

PagingState SvmControlBlock::paging() const {
    const VmcbState& s = vmcb_.state;
    return paging_state({s.cr0, s.cr4, s.efer & ~Efer::SVME}, s.cr3, s.cs);
}

void SvmControlBlock::set_modes(const Modes& modes) {
    vmcb_.state.cr0 = modes.cr0;
    vmcb_.state.cr4 = modes.cr4;
    vmcb_.state.efer = modes.efer | Efer::SVME;
    tag_.forget();  // whatever the TLB knows of the old paging mode goes with the old tag
}

}  // namespace svm
