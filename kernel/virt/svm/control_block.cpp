// SPDX-License-Identifier: MIT
/// @file
/// @brief The VMCB's one writer: registers in and out, and what surrounds VMRUN.
/// @chapter ring-v
#include "virt/svm/control_block.h"

#include "x86/local_apic.h"
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
/// CR8 too: QEMU 7.2 aborts when a guest writes it while a virtual interrupt is pending.
constexpr u16 kInterceptedControlWrites = 1 << 0 | 1 << 4 | 1 << 8;
constexpr u16 kDebugAddressRegisters = 0xf;

}  // namespace

SvmControlBlock::SvmControlBlock(FrameRef vmcb, PhysAddr io_map, PhysAddr msr_map, ApicPage& apic)
    : frame_(std::move(vmcb)), vmcb_(*reinterpret_cast<Vmcb*>(frame_.data())), apic_(apic) {
    VmcbControl& control = vmcb_.control;
    control.intercept_cr_write = kInterceptedControlWrites;
    control.intercept_exceptions = kInterceptedExceptions;
    control.intercepts_svm = kInterceptsSvm;
    control.io_permissions = io_map.raw;
    control.msr_permissions = msr_map.raw;
    control.nested_enable = 1;
    vmcb_.state.efer = Efer::SVME;
}

void SvmControlBlock::before_entry(const GuestState& state) {
    VmcbControl& control = vmcb_.control;
    control.intercepts = kIntercepts | (state.want_window ? Intercept::VINTR : 0) |
                         (state.nmi_blocked && !iret_pending_ ? Intercept::IRET : 0);
    control.intercept_dr_read = control.intercept_dr_write = state.debug_loaded ? 0 : kDebugAddressRegisters;
    const VmcbInterruptControl priority(static_cast<u8>(apic_.at(ApicRegister::TaskPriority) >> 4 & 15));
    control.interrupt_control = state.want_window ? priority.with_window() : priority;
    control.interrupt_shadow = state.shadow;
    control.inject = state.event;
    control.tsc_offset = state.tsc_offset;
    vmcb_.state.rip = state.general.rip;
    vmcb_.state.rsp = state.general.rsp;
    vmcb_.state.rax = state.general.rax;
    vmcb_.state.rflags = state.general.rflags;
}

void SvmControlBlock::after_exit(GuestState& state) {
    constexpr u64 kAnyBreakpoint = 0xff;
    state.general.rip = vmcb_.state.rip;
    state.general.rsp = vmcb_.state.rsp;
    state.general.rax = vmcb_.state.rax;
    state.general.rflags = vmcb_.state.rflags;
    state.shadow = vmcb_.control.interrupt_shadow & 1;
    state.event = vmcb_.control.exit_event.to_repeat();
    state.debug_loaded = state.debug_loaded && (vmcb_.state.dr7 & kAnyBreakpoint);
    if (iret_pending_ && state.general.rip != iret_rip_) iret_pending_ = state.nmi_blocked = false;
}

void SvmControlBlock::execute(GuestState& state, const AddressSpace& space, const IrqOff&) {
    Core& core = this_core();
    const bool flush = core.asids.renew(tag_, space.nested_generation()) && tag_.flush_all;
    vmcb_.control.tlb_control = flush ? SvmTlbControl::FlushAll : SvmTlbControl::Nothing;
    vmcb_.control.asid = tag_.number;
    vmcb_.control.nested_root = space.tables().nested_root().raw;
    before_entry(state);
    if (core.interpreted && state.event.is(Event::Interrupt)) local_apic::interrupt_self(vector::kWake);
    svm_enter(frame_.address().raw, &state.general, core.host_state.raw);
    // QEMU's VMRUN asks for the window by a plain read and write of the core's requests. An interrupt that another core sends
    // meanwhile waits in the APIC from then on, and nothing says so.
    if (core.interpreted && state.want_window) local_apic::signal_pending();
    after_exit(state);
}

void SvmControlBlock::load(const abi::SystemRegisters& r) {
    VmcbState& s = vmcb_.state;
    s.es = r.es, s.cs = r.cs, s.ss = r.ss, s.ds = r.ds, s.fs = r.fs, s.gs = r.gs, s.ldtr = r.ldtr, s.tr = r.tr;
    s.gdtr = {0, 0, static_cast<u32>(r.gdtr.limit), r.gdtr.base};
    s.idtr = {0, 0, static_cast<u32>(r.idtr.limit), r.idtr.base};
    s.cpl = (r.ss.attributes >> 5) & 3;
    s.cr2 = r.cr2, s.cr3 = r.cr3, s.dr6 = r.dr6, s.dr7 = r.dr7;
    iret_pending_ = false;
}

void SvmControlBlock::store(abi::SystemRegisters& r) const {
    const VmcbState& s = vmcb_.state;
    r.es = s.es, r.cs = s.cs, r.ss = s.ss, r.ds = s.ds, r.fs = s.fs, r.gs = s.gs, r.ldtr = s.ldtr, r.tr = s.tr;
    r.gdtr = {s.gdtr.base, s.gdtr.limit};
    r.idtr = {s.idtr.base, s.idtr.limit};
    r.cr2 = s.cr2, r.cr3 = s.cr3, r.dr6 = s.dr6, r.dr7 = s.dr7;
}

void SvmControlBlock::apply(const GuestState& state) {
    vmcb_.state.cr0 = state.modes.cr0;
    vmcb_.state.cr4 = state.modes.cr4;
    vmcb_.state.efer = state.modes.efer | Efer::SVME;
    vmcb_.state.pat = state.pat;
    tag_ = {};  // whatever the TLB knows of the old paging mode goes with the old tag
}

}  // namespace svm
