// SPDX-License-Identifier: MIT
/// @file
/// @brief Intel's virtual machine control structure: its fields, its controls, and what the processor says of an exit.
/// @chapter ring-v
///
/// This header compiles anywhere: kernel, tests and debugger share it. A VMCS has no layout in memory that software may know;
/// its fields have numbers, and VMREAD and VMWRITE reach them.
/// @sdm{Field Encoding in VMCS, Appendix B}
#pragma once

#include "abi/ring_v.h"
#include "lib/types.h"

/// @sdm{VMX Capability Reporting Facility, Appendix A}
namespace VmxMsr {
inline constexpr u32 kFeatureControl = 0x3a;
inline constexpr u64 kLocked = 1 << 0, kVmxOutsideSmx = 1 << 2;  ///< of IA32_FEATURE_CONTROL
inline constexpr u32 kBasic = 0x480, kProcessor2 = 0x48b, kEptVpid = 0x48c;
/// The "true" ones, which let a processor turn off what used to be always on.
inline constexpr u32 kPin = 0x48d, kProcessor = 0x48e, kExit = 0x48f, kEntry = 0x490;
}  // namespace VmxMsr

/// IA32_VMX_BASIC. @sdm{Basic VMX Information, A.1}
class VmxBasic {
   public:
    constexpr explicit VmxBasic(u64 raw) : raw_(raw) {}
    constexpr u32 revision() const { return raw_ & 0x7fff'ffff; }
    constexpr bool has_true_controls() const { return raw_ >> 55 & 1; }

   private:
    u64 raw_;
};

/// What a processor allows of one word of controls. @sdm{VM-Execution Controls, A.3}
class VmxAllowed {
   public:
    constexpr explicit VmxAllowed(u64 raw) : raw_(raw) {}
    constexpr u32 always() const { return static_cast<u32>(raw_); }          ///< must be 1
    constexpr u32 possible() const { return static_cast<u32>(raw_ >> 32); }  ///< may be 1

   private:
    u64 raw_;
};

/// Pin-based controls. @sdm{Pin-Based VM-Execution Controls, 25.6.1}
namespace VmxPin {
inline constexpr u32 EXTERNAL_INTERRUPT_EXITING = 1U << 0, NMI_EXITING = 1U << 3, VIRTUAL_NMIS = 1U << 5,
                     PREEMPTION_TIMER = 1U << 6, PROCESS_POSTED_INTERRUPTS = 1U << 7;
}  // namespace VmxPin
/// Primary and secondary processor-based controls. @sdm{Processor-Based VM-Execution Controls, 25.6.2}
namespace VmxProcessor {
inline constexpr u32 INTERRUPT_WINDOW_EXITING = 1U << 2, USE_TSC_OFFSETTING = 1U << 3, HLT_EXITING = 1U << 7,
                     INVLPG_EXITING = 1U << 9, MWAIT_EXITING = 1U << 10, RDPMC_EXITING = 1U << 11,
                     RDTSC_EXITING = 1U << 12, CR3_LOAD_EXITING = 1U << 15, CR3_STORE_EXITING = 1U << 16,
                     TERTIARY_CONTROLS = 1U << 17, CR8_LOAD_EXITING = 1U << 19, CR8_STORE_EXITING = 1U << 20,
                     USE_TPR_SHADOW = 1U << 21, NMI_WINDOW_EXITING = 1U << 22, MOV_DR_EXITING = 1U << 23,
                     UNCONDITIONAL_IO_EXITING = 1U << 24, USE_IO_BITMAPS = 1U << 25, MONITOR_TRAP_FLAG = 1U << 27,
                     USE_MSR_BITMAPS = 1U << 28, MONITOR_EXITING = 1U << 29, PAUSE_EXITING = 1U << 30,
                     SECONDARY_CONTROLS = 1U << 31;
}  // namespace VmxProcessor
namespace VmxProcessor2 {
inline constexpr u32 VIRTUALIZE_APIC_ACCESSES = 1U << 0, ENABLE_EPT = 1U << 1, DESCRIPTOR_TABLE_EXITING = 1U << 2,
                     ENABLE_RDTSCP = 1U << 3, VIRTUALIZE_X2APIC_MODE = 1U << 4, ENABLE_VPID = 1U << 5,
                     WBINVD_EXITING = 1U << 6, UNRESTRICTED_GUEST = 1U << 7, APIC_REGISTER_VIRTUALIZATION = 1U << 8,
                     VIRTUAL_INTERRUPT_DELIVERY = 1U << 9, PAUSE_LOOP_EXITING = 1U << 10, RDRAND_EXITING = 1U << 11,
                     ENABLE_INVPCID = 1U << 12, ENABLE_VM_FUNCTIONS = 1U << 13, VMCS_SHADOWING = 1U << 14,
                     ENCLS_EXITING = 1U << 15, RDSEED_EXITING = 1U << 16, ENABLE_PML = 1U << 17,
                     EPT_VIOLATION_VE = 1U << 18, CONCEAL_VMX_FROM_PT = 1U << 19, ENABLE_XSAVES = 1U << 20,
                     PASID_TRANSLATION = 1U << 21, MODE_BASED_EXECUTE = 1U << 22, SUB_PAGE_WRITE = 1U << 23,
                     PT_USES_GUEST_PHYSICAL = 1U << 24, USE_TSC_SCALING = 1U << 25, ENABLE_USER_WAIT = 1U << 26,
                     ENABLE_PCONFIG = 1U << 27, ENCLV_EXITING = 1U << 28, BUS_LOCK_DETECTION = 1U << 30,
                     INSTRUCTION_TIMEOUT = 1U << 31;
}  // namespace VmxProcessor2
/// @sdm{VM-Exit Controls, 25.7.1}
namespace VmxExitControl {
inline constexpr u32 SAVE_DEBUG_CONTROLS = 1U << 2, HOST_64_BIT = 1U << 9, LOAD_PERF_GLOBAL_CTRL = 1U << 12,
                     ACKNOWLEDGE_INTERRUPT = 1U << 15, SAVE_PAT = 1U << 18, LOAD_PAT = 1U << 19, SAVE_EFER = 1U << 20,
                     LOAD_EFER = 1U << 21, SAVE_PREEMPTION_TIMER = 1U << 22, CLEAR_BNDCFGS = 1U << 23,
                     CONCEAL_VMX_FROM_PT = 1U << 24, CLEAR_RTIT_CTL = 1U << 25, CLEAR_LBR_CTL = 1U << 26,
                     CLEAR_UINV = 1U << 27, LOAD_CET = 1U << 28, LOAD_PKRS = 1U << 29, SAVE_PERF_GLOBAL_CTL = 1U << 30,
                     SECONDARY_CONTROLS = 1U << 31;
}  // namespace VmxExitControl
/// @sdm{VM-Entry Controls, 25.8.1}
namespace VmxEntryControl {
inline constexpr u32 LOAD_DEBUG_CONTROLS = 1U << 2, GUEST_IA32E_MODE = 1U << 9, ENTRY_TO_SMM = 1U << 10,
                     DEACTIVATE_DUAL_MONITOR = 1U << 11, LOAD_PERF_GLOBAL_CTRL = 1U << 13, LOAD_PAT = 1U << 14,
                     LOAD_EFER = 1U << 15, LOAD_BNDCFGS = 1U << 16, CONCEAL_VMX_FROM_PT = 1U << 17,
                     LOAD_RTIT_CTL = 1U << 18, LOAD_UINV = 1U << 19, LOAD_CET = 1U << 20, LOAD_LBR_CTL = 1U << 21,
                     LOAD_PKRS = 1U << 22;
}  // namespace VmxEntryControl

/// IA32_VMX_EPT_VPID_CAP. @sdm{VPID and EPT Capabilities, A.10}
class EptCapability {
   public:
    constexpr explicit EptCapability(u64 raw) : raw_(raw) {}
    constexpr bool four_levels() const { return raw_ & 1 << 6; }
    constexpr bool write_back() const { return raw_ & 1 << 14; }
    constexpr bool accessed_dirty() const { return raw_ & 1 << 21; }
    /// INVEPT of one context, INVVPID of all.
    constexpr bool can_invalidate() const { return (raw_ & kInvalidate) == kInvalidate; }

   private:
    static constexpr u64 kInvalidate = 1ULL << 20 | 1ULL << 25 | 1ULL << 32 | 1ULL << 42;
    u64 raw_;
};

/// EPTP. @sdm{Extended-Page-Table Pointer (EPTP), 25.6.11}
class EptPointer {
   public:
    constexpr EptPointer(PhysAddr root, bool accessed_dirty)
        : raw_(root.raw | kWriteBack | kFourLevels | (accessed_dirty ? kAccessedDirty : 0)) {}
    constexpr u64 raw() const { return raw_; }

   private:
    static constexpr u64 kWriteBack = 6, kFourLevels = 3 << 3, kAccessedDirty = 1 << 6;
    u64 raw_;
};
static_assert(EptPointer(PhysAddr(0x5000), true).raw() == 0x505e);

/// A field's number: bit 0 the high half of a 64-bit field, 9:1 index, 11:10 type, 14:13 width. @sdm{VMCS Fields Encoding, Appendix B}
enum class VmcsField : u32 {
    Vpid = 0x0000,
    PostedVector = 0x0002,
    GuestSelector = 0x0800,
    GuestInterruptStatus = 0x0810,
    HostEsSelector = 0x0c00,
    HostCsSelector = 0x0c02,
    HostSsSelector = 0x0c04,
    HostDsSelector = 0x0c06,
    HostFsSelector = 0x0c08,
    HostGsSelector = 0x0c0a,
    HostTrSelector = 0x0c0c,
    MsrBitmaps = 0x2004,
    ExitMsrStore = 0x2006,
    ExitMsrLoad = 0x2008,
    EntryMsrLoad = 0x200a,
    TscOffset = 0x2010,
    VirtualApicPage = 0x2012,
    PostedDescriptor = 0x2016,
    EptRoot = 0x201a,
    EoiExitBitmap = 0x201c,  ///< four, 2 apart
    EnclsExitingBitmap = 0x202e,
    GuestPhysicalAddress = 0x2400,
    LinkPointer = 0x2800,
    GuestDebugCtl = 0x2802,
    GuestPat = 0x2804,
    GuestEfer = 0x2806,
    HostPat = 0x2c00,
    HostEfer = 0x2c02,
    PinControls = 0x4000,
    ProcessorControls = 0x4002,
    ExceptionBitmap = 0x4004,
    PageFaultErrorMask = 0x4006,
    PageFaultErrorMatch = 0x4008,
    Cr3TargetCount = 0x400a,
    ExitControls = 0x400c,
    ExitMsrStoreCount = 0x400e,
    ExitMsrLoadCount = 0x4010,
    EntryControls = 0x4012,
    EntryMsrLoadCount = 0x4014,
    EntryEvent = 0x4016,
    EntryEventError = 0x4018,
    TprThreshold = 0x401c,
    ProcessorControls2 = 0x401e,
    InstructionError = 0x4400,
    ExitReason = 0x4402,
    ExitEvent = 0x4404,
    ExitEventError = 0x4406,
    IdtVectoring = 0x4408,
    IdtVectoringError = 0x440a,
    ExitInstructionLength = 0x440c,
    GuestLimit = 0x4800,
    GuestGdtrLimit = 0x4810,
    GuestIdtrLimit = 0x4812,
    GuestRights = 0x4814,
    GuestInterruptibility = 0x4824,
    GuestActivity = 0x4826,
    GuestSysenterCs = 0x482a,
    GuestPreemptionTimer = 0x482e,
    HostSysenterCs = 0x4c00,
    Cr0Mask = 0x6000,
    Cr4Mask = 0x6002,
    Cr0Shadow = 0x6004,
    Cr4Shadow = 0x6006,
    ExitQualification = 0x6400,
    GuestCr0 = 0x6800,
    GuestCr3 = 0x6802,
    GuestCr4 = 0x6804,
    GuestBase = 0x6806,
    GuestGdtrBase = 0x6816,
    GuestIdtrBase = 0x6818,
    GuestDr7 = 0x681a,
    GuestRsp = 0x681c,
    GuestRip = 0x681e,
    GuestRflags = 0x6820,
    GuestPendingDebug = 0x6822,
    GuestSysenterEsp = 0x6824,
    GuestSysenterEip = 0x6826,
    HostCr0 = 0x6c00,
    HostCr3 = 0x6c02,
    HostCr4 = 0x6c04,
    HostFsBase = 0x6c06,
    HostGsBase = 0x6c08,
    HostTrBase = 0x6c0a,
    HostGdtrBase = 0x6c0c,
    HostIdtrBase = 0x6c0e,
    HostSysenterEsp = 0x6c10,
    HostSysenterEip = 0x6c12,
    HostRsp = 0x6c14,
    HostRip = 0x6c16,
};
/// Field `index` of a row that begins with `first`. Segments are counted from ES, as in instructions: ES, CS, SS, DS, FS, GS; LDTR,
/// TR.
constexpr VmcsField field_of(VmcsField first, u32 index) {
    return static_cast<VmcsField>(static_cast<u32>(first) + 2 * index);
}
inline constexpr u32 kVmcsSegments = 8, kCodeSegment = 1;
static_assert(field_of(VmcsField::GuestRights, 7) == static_cast<VmcsField>(0x4822));

/// A segment's access rights, to and from the attributes of abi::Segment, which have no gap between P and AVL and no bit for
/// "unusable". @sdm{Guest Register State, 25.4.1}
class VmcsRights {
   public:
    static constexpr u32 kUnusable = 1 << 16;
    constexpr explicit VmcsRights(u32 raw) : raw_(raw) {}
    static constexpr VmcsRights from_attributes(u16 attributes) {
        constexpr u32 kPresent = 1 << 7;
        const u32 given = attributes;
        return VmcsRights((given & 0xff) | (given & 0xf00) << 4 | (given & kPresent ? 0 : kUnusable));
    }
    constexpr u16 attributes() const {
        const u32 low = raw_ & kUnusable ? raw_ & 0x7f : raw_ & 0xff;
        return static_cast<u16>(low | (raw_ >> 4 & 0xf00));
    }
    constexpr u32 raw() const { return raw_; }

   private:
    u32 raw_;
};
static_assert(VmcsRights::from_attributes(0xa9b).raw() == 0xa09b && VmcsRights(0xa09b).attributes() == 0xa9b);

/// Interruptibility state: what holds events back. @sdm{Guest Non-Register State, 25.4.2}
namespace VmcsBlocking {
inline constexpr u64 STI = 1 << 0, MOV_SS = 1 << 1, NMI = 1 << 3, SHADOW = STI | MOV_SS;
}  // namespace VmcsBlocking

/// @sdm{VMX Basic Exit Reasons, Appendix C}
enum class VmxExitReason : u32 {
    ExceptionOrNmi = 0,
    ExternalInterrupt = 1,
    TripleFault = 2,
    Init = 3,
    InterruptWindow = 7,
    NmiWindow = 8,
    TaskSwitch = 9,
    Cpuid = 10,
    Getsec = 11,
    Hlt = 12,
    Invd = 13,
    Rdpmc = 15,
    Rsm = 17,
    Vmcall = 18,
    Vmclear = 19,
    Vmlaunch = 20,
    Vmptrld = 21,
    Vmptrst = 22,
    Vmread = 23,
    Vmresume = 24,
    Vmwrite = 25,
    Vmxoff = 26,
    Vmxon = 27,
    ControlAccess = 28,
    MovDr = 29,
    Io = 30,
    Rdmsr = 31,
    Wrmsr = 32,
    Mwait = 36,
    Monitor = 39,
    VirtualizedEoi = 45,
    EptViolation = 48,
    Invept = 50,
    PreemptionTimer = 52,
    Invvpid = 53,
    Wbinvd = 54,
    Xsetbv = 55,
    Encls = 60,
    Xrstors = 64,
    EntryFailed = 1U << 31,  ///< added to the reason where the guest was not entered, or to the error of VMLAUNCH
    EntryInvalidState = EntryFailed | 33,
    EntryMsrLoading = EntryFailed | 34,
};

/// Exit qualification of MOV to a control register, CLTS and LMSW.
/// @sdm{Exit Qualification for Control-Register Accesses, table 28-3}
class VmxControlQualification {
   public:
    enum class Kind : u8 { MovTo, MovFrom, Clts, Lmsw };
    constexpr explicit VmxControlQualification(u64 raw) : raw_(raw) {}
    constexpr u8 control() const { return raw_ & 15; }
    constexpr Kind kind() const { return static_cast<Kind>(raw_ >> 4 & 3); }
    constexpr u8 general() const { return raw_ >> 8 & 15; }
    constexpr u16 lmsw_source() const { return static_cast<u16>(raw_ >> 16); }

   private:
    u64 raw_;
};

/// @sdm{Exit Qualification for I/O Instructions, table 28-5}
class VmxIoQualification {
   public:
    constexpr explicit VmxIoQualification(u64 raw) : raw_(raw) {}
    constexpr u8 size() const { return static_cast<u8>((raw_ & 7) + 1); }
    constexpr bool in() const { return raw_ & 1 << 3; }
    constexpr bool string() const { return raw_ & 1 << 4; }
    constexpr bool repeat() const { return raw_ & 1 << 5; }
    constexpr u16 port() const { return static_cast<u16>(raw_ >> 16); }

   private:
    u64 raw_;
};

/// @sdm{Exit Qualification for EPT Violations, table 28-7}
class VmxFaultQualification {
   public:
    constexpr explicit VmxFaultQualification(u64 raw) : raw_(raw) {}
    constexpr bool write() const { return raw_ & 1 << 1; }
    constexpr bool execute() const { return raw_ & 1 << 2; }
    /// An IRET had let NMIs in again before it faulted.
    constexpr bool iret_unblocked_nmi() const { return raw_ & 1 << 12; }

   private:
    u64 raw_;
};

/// An MSR that entry or exit loads or stores. @sdm{VM-Exit Controls for MSRs, 25.7.2}
struct VmxMsrEntry {
    u32 number;
    u32 reserved;
    u64 value;
};
static_assert(sizeof(VmxMsrEntry) == 16);
