// SPDX-License-Identifier: MIT
/// @file
/// @brief The layout of AMD's virtual machine control block, and the classes of its fields.
/// @chapter ring-v
///
/// This header compiles anywhere: kernel, tests and debugger share it.
/// @apm{Layout of VMCB, Appendix B}
#pragma once

#include "abi/ring_v.h"
#include "lib/types.h"
#include "x86/event.h"

/// @apm{SVM Related MSRs, 15.30}
namespace SvmMsr {
inline constexpr u32 kVmCr = 0xc001'0114;
inline constexpr u64 kVmCrDisabled = 1ULL << 4;  ///< SVMDIS: firmware locked SVM off
inline constexpr u32 kHostSave = 0xc001'0117;    ///< physical address of the page where VMRUN keeps the host's state
}  // namespace SvmMsr

/// CPUID 8000_000Ah. @apm{Function 8000_000Ah—SVM Features, E.4.9}
namespace SvmFeature {
inline constexpr u32 kNestedPaging = 1U << 0, kNextRip = 1U << 3;  ///< EDX
}  // namespace SvmFeature

/// Why #VMEXIT happened. Only the low 32 bits count: machines differ in how they extend -1.
/// @apm{SVM Intercept Exit Codes, Appendix C}
enum class SvmExitCode : u32 {
    ReadCr0 = 0x00,
    WriteCr0 = 0x10,
    WriteCr4 = 0x14,
    WriteCr8 = 0x18,
    ReadDr0 = 0x20,
    WriteDr15 = 0x3f,
    Exception0 = 0x40,
    Exception31 = 0x5f,
    Intr = 0x60,
    Nmi = 0x61,
    Smi = 0x62,
    Init = 0x63,
    Vintr = 0x64,
    Rdpmc = 0x6f,
    Cpuid = 0x72,
    Rsm = 0x73,
    Iret = 0x74,
    Invd = 0x76,
    Hlt = 0x78,
    Invlpga = 0x7a,
    Ioio = 0x7b,
    Msr = 0x7c,
    Shutdown = 0x7f,
    Vmrun = 0x80,
    Skinit = 0x86,
    Wbinvd = 0x89,
    Monitor = 0x8a,
    MwaitArmed = 0x8c,
    Xsetbv = 0x8d,
    Rdpru = 0x8e,
    NestedPageFault = 0x400,
    Invalid = 0xffff'ffff,
};

/// Bits of `VmcbControl::intercepts`. @apm{VMCB Layout, Control Area, Table B-1}
namespace Intercept {
inline constexpr u32 INTR = 1U << 0, NMI = 1U << 1, SMI = 1U << 2, INIT = 1U << 3, VINTR = 1U << 4;
inline constexpr u32 RDPMC = 1U << 15, CPUID = 1U << 18, RSM = 1U << 19, IRET = 1U << 20, INVD = 1U << 22,
                     HLT = 1U << 24;
inline constexpr u32 INVLPGA = 1U << 26, IOIO = 1U << 27, MSR = 1U << 28, FERR = 1U << 30, SHUTDOWN = 1U << 31;
}  // namespace Intercept
/// Bits of `VmcbControl::intercepts_svm`.
namespace InterceptSvm {
inline constexpr u32 VMRUN = 1U << 0, VMMCALL = 1U << 1, VMLOAD = 1U << 2, VMSAVE = 1U << 3, STGI = 1U << 4,
                     CLGI = 1U << 5;
inline constexpr u32 SKINIT = 1U << 6, WBINVD = 1U << 9, MONITOR = 1U << 10, MWAIT = 1U << 11, MWAIT_ARMED = 1U << 12;
inline constexpr u32 XSETBV = 1U << 13, RDPRU = 1U << 14;
}  // namespace InterceptSvm

/// The virtual interrupt control. @apm{Injecting Virtual (INTR) Interrupts, 15.21.4}
class VmcbInterruptControl {
   public:
    static constexpr u64 V_IRQ = 1ULL << 8;            ///< a virtual interrupt is pending
    static constexpr u64 V_IGN_TPR = 1ULL << 20;       ///< ... whatever its priority
    static constexpr u64 V_INTR_MASKING = 1ULL << 24;  ///< the host's IF decides about the host's interrupts
    static constexpr u64 kTpr = 0xf;                   ///< V_TPR 3:0: what CR8 holds

    /// With the task priority `tpr` (0 .. 15).
    constexpr explicit VmcbInterruptControl(u8 tpr = 0) : raw_(V_INTR_MASKING | tpr) {}
    constexpr u8 tpr() const { return raw_ & kTpr; }
    constexpr bool window() const { return raw_ & V_IRQ; }
    /// The same, and the processor exits (VINTR) as soon as the guest would take an interrupt.
    constexpr VmcbInterruptControl with_window() const {
        VmcbInterruptControl control = *this;
        control.raw_ |= V_IRQ | V_IGN_TPR;
        return control;
    }

   private:
    u64 raw_;
};

/// EXITINFO1 of an IOIO exit. @apm{IOIO Intercept Information, 15.10.2}
class SvmIoInformation {
   public:
    constexpr explicit SvmIoInformation(u64 raw) : raw_(raw) {}
    constexpr bool in() const { return raw_ & 1; }
    constexpr bool string() const { return raw_ & (1 << 2); }
    constexpr bool repeat() const { return raw_ & (1 << 3); }
    constexpr u8 size() const { return (raw_ >> 4) & 7; }  ///< SZ8, SZ16, SZ32 in bits 4, 5, 6: the number of bytes
    constexpr u16 port() const { return static_cast<u16>(raw_ >> 16); }

   private:
    u64 raw_;
};

/// EXITINFO1 of a nested page fault. @apm{Nested Page Faults, 15.25.6}
class SvmFaultInformation {
   public:
    constexpr explicit SvmFaultInformation(u64 raw) : raw_(raw) {}
    constexpr bool write() const { return raw_ & (1 << 1); }
    constexpr bool execute() const { return raw_ & (1 << 4); }

   private:
    u64 raw_;
};

/// TLB_CONTROL. @apm{TLB Flush, 15.16.1}
enum class SvmTlbControl : u8 { Nothing = 0, FlushAll = 1 };

/// The control area: the VMM's side. Every member lies at its natural alignment.
struct VmcbControl {
    u16 intercept_cr_read, intercept_cr_write;  ///< 000h
    u16 intercept_dr_read, intercept_dr_write;
    u32 intercept_exceptions;  ///< by vector
    u32 intercepts;            ///< 00Ch
    u32 intercepts_svm;        ///< 010h
    u8 reserved_014[0x040 - 0x014];
    u64 io_permissions;   ///< 040h: physical address, 12 KiB
    u64 msr_permissions;  ///< 048h: physical address, 8 KiB
    u64 tsc_offset;
    u32 asid;  ///< 058h: 0 is the host's
    SvmTlbControl tlb_control;
    u8 reserved_05d[3];
    VmcbInterruptControl interrupt_control;  ///< 060h
    u64 interrupt_shadow;                    ///< 068h: bit 0
    u64 exit_code;                           ///< 070h
    u64 exit_information[2];
    Event exit_event;   ///< 088h, EXITINTINFO: what was being delivered
    u64 nested_enable;  ///< 090h: bit 0
    u8 reserved_098[0x0a8 - 0x098];
    Event inject;     ///< 0A8h, EVENTINJ
    u64 nested_root;  ///< 0B0h, nCR3
    u64 lbr_control;
    u64 clean;     ///< 0C0h: 0 has everything loaded anew
    u64 next_rip;  ///< 0C8h: 0 where the machine does not tell
    u8 reserved_0d0[0x400 - 0x0d0];
};

/// The guest's state. A segment has the very form of abi::Segment. @apm{VMCB Layout, State Save Area, Table B-2}
struct VmcbState {
    abi::Segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;  ///< 400h
    u8 reserved_4a0[0x4cb - 0x4a0];
    u8 cpl;  ///< 4CBh
    u32 reserved_4cc;
    u64 efer;  ///< 4D0h: SVME must be set
    u8 reserved_4d8[0x548 - 0x4d8];
    u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;  ///< 548h
    u8 reserved_580[0x5d8 - 0x580];
    u64 rsp;  ///< 5D8h
    u8 reserved_5e0[0x5f8 - 0x5e0];
    u64 rax;  ///< 5F8h
    u64 star, lstar, cstar, sfmask, kernel_gs_base, sysenter_cs, sysenter_esp, sysenter_eip;
    u64 cr2;  ///< 640h
    u8 reserved_648[0x668 - 0x648];
    u64 pat;  ///< 668h
    u8 reserved_670[0x1000 - 0x670];
};

/// The block: one page, at a page boundary.
struct Vmcb {
    VmcbControl control;
    VmcbState state;
};
static_assert(sizeof(VmcbControl) == 0x400 && sizeof(Vmcb) == 4096);
static_assert(offsetof(VmcbControl, io_permissions) == 0x040 && offsetof(VmcbControl, asid) == 0x058);
static_assert(offsetof(VmcbControl, interrupt_control) == 0x060 && offsetof(VmcbControl, exit_code) == 0x070);
static_assert(offsetof(VmcbControl, exit_event) == 0x088 && offsetof(VmcbControl, inject) == 0x0a8);
static_assert(offsetof(VmcbControl, nested_root) == 0x0b0 && offsetof(VmcbControl, next_rip) == 0x0c8);
static_assert(offsetof(Vmcb, state.cpl) == 0x4cb && offsetof(Vmcb, state.efer) == 0x4d0);
static_assert(offsetof(Vmcb, state.cr4) == 0x548 && offsetof(Vmcb, state.rip) == 0x578);
static_assert(offsetof(Vmcb, state.rsp) == 0x5d8 && offsetof(Vmcb, state.rax) == 0x5f8);
static_assert(offsetof(Vmcb, state.cr2) == 0x640 && offsetof(Vmcb, state.pat) == 0x668);
