// SPDX-License-Identifier: MIT
/// @file
/// @brief The table of all controls: needed, switched, wanted, refused.
/// @chapter ring-v
#include "virt/ring_v.h"
#include "virt/vmx/control_block.h"

namespace vmx {

namespace {

/// One word of controls. Whatever is in none of the three is refused: off, because the guest does it by itself, or cannot do it at
/// all, or Twain has no use for it. Reserved bits are as the processor wants them.
struct Word {
    u32 msr;
    u32 needed;         ///< always on
    u32 switched;       ///< on for some entries, so it must be there
    u32 wanted;         ///< on where it is there
    u32 reserved_ones;  ///< what processors want on that has no name
    u32 Controls::*chosen;
    const char* lacking;
};

using namespace VmxPin;
using namespace VmxProcessor;
using namespace VmxProcessor2;
namespace AtExit = VmxExitControl;
namespace AtEntry = VmxEntryControl;

constexpr u32 kVirtualApic = VIRTUALIZE_X2APIC_MODE | APIC_REGISTER_VIRTUALIZATION | VIRTUAL_INTERRUPT_DELIVERY;

constexpr Word kWords[] = {
    // Posted interrupts spare the exit that a sender on another core would otherwise cause; a core's own interrupts come to it by an
    // exit already.
    // The preemption timer makes up for Bochs 2.7: a guest that is entered with its own interrupts off runs with the host's off.
    {VmxMsr::kPin, EXTERNAL_INTERRUPT_EXITING | NMI_EXITING | VIRTUAL_NMIS, 0,
     PREEMPTION_TIMER | PROCESS_POSTED_INTERRUPTS, 0x16, &Controls::pin, "VMX without virtual NMIs"},
    {VmxMsr::kProcessor,
     USE_TSC_OFFSETTING | HLT_EXITING | MWAIT_EXITING | RDPMC_EXITING | USE_TPR_SHADOW | UNCONDITIONAL_IO_EXITING |
         USE_MSR_BITMAPS | MONITOR_EXITING | SECONDARY_CONTROLS,
     INTERRUPT_WINDOW_EXITING | NMI_WINDOW_EXITING | MOV_DR_EXITING | CR8_LOAD_EXITING, 0, 0x0400'6172,
     &Controls::processor, "VMX without TPR shadow, MSR bitmaps or secondary controls"},
    {VmxMsr::kProcessor2, ENABLE_EPT | ENABLE_RDTSCP | ENABLE_VPID | UNRESTRICTED_GUEST, 0,
     kVirtualApic | WBINVD_EXITING | ENCLS_EXITING, 0, &Controls::processor2, "VMX without VPID or RDTSCP"},
    {VmxMsr::kExit,
     AtExit::SAVE_DEBUG_CONTROLS | AtExit::HOST_64_BIT | AtExit::ACKNOWLEDGE_INTERRUPT | AtExit::LOAD_PAT |
         AtExit::LOAD_EFER,
     0, 0, 0x3'6dfb, &Controls::exit, "VMX that does not load EFER and PAT on exit"},
    {VmxMsr::kEntry, AtEntry::LOAD_DEBUG_CONTROLS | AtEntry::LOAD_PAT | AtEntry::LOAD_EFER, AtEntry::GUEST_IA32E_MODE,
     0, 0x11fb, &Controls::entry, "VMX that does not load EFER and PAT on entry"},
};

const char* lacking(const Word& word, u32 absent) {
    const bool second = word.msr == VmxMsr::kProcessor2;
    if (second && (absent & ENABLE_EPT)) return "VMX without EPT";
    if (second && (absent & UNRESTRICTED_GUEST)) return "VMX without unrestricted guest";
    return word.lacking;
}

}  // namespace

const char* choose_controls(ReadMsr read_msr, Controls& controls) {
    const u64 feature = read_msr(VmxMsr::kFeatureControl);
    if ((feature & VmxMsr::kLocked) && !(feature & VmxMsr::kVmxOutsideSmx)) return "VMX switched off by the firmware";
    const VmxBasic basic(read_msr(VmxMsr::kBasic));
    controls.revision = basic.revision();
    if (!basic.has_true_controls()) return "VMX of a processor before EPT";
    for (const Word& word : kWords) {
        const VmxAllowed allowed(read_msr(word.msr));
        if (const u32 absent = (word.needed | word.switched) & ~allowed.possible()) return lacking(word, absent);
        const u32 ours = word.needed | word.switched | word.wanted | word.reserved_ones;
        if (allowed.always() & ~ours) return "VMX with a control that cannot be turned off";
        controls.*word.chosen = word.needed | (word.wanted & allowed.possible()) | allowed.always();
    }
    if (ring_v::software_apic || (controls.processor2 & kVirtualApic) != kVirtualApic) {
        // Only together are they of use. Without them CR8 and the APIC's registers are settled in software.
        controls.processor2 &= ~kVirtualApic;
        controls.processor |= CR8_LOAD_EXITING;
        controls.pin &= ~PROCESS_POSTED_INTERRUPTS;
    }
    const EptCapability ept(read_msr(VmxMsr::kEptVpid));
    controls.accessed_dirty = ept.accessed_dirty();
    if (!ept.four_levels() || !ept.write_back() || !ept.can_invalidate()) return "VMX with an EPT too plain for Twain";
    return nullptr;
}

}  // namespace vmx
