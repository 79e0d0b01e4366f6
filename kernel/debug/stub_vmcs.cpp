// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading every vCPU's VMCS.
/// @chapter observability
#include "debug/stub_vmcs.h"

#include "mm/kernel_space.h"
#include "trace/trace.h"
#include "x86/cpu.h"
#include "x86/instructions.h"
#include "x86/paging.h"
#include "x86/vmcs_fields.h"

namespace stub {
namespace {

struct Place {
    abi::DebugVmcs head;
    u64 values[kVmcsFieldCount];
};
static_assert(sizeof(Place) == sizeof(abi::DebugVmcs) + kVmcsFieldCount * sizeof(u64));
/// One for each place of `twain_debug.vcpus`.
constinit Place places[abi::kDebugVcpus] = {};

/// The VMCS that each core had loaded when it came to stand. No other core may touch it.
constinit u64 loaded[kMaxCpus];

/// A vCPU exists only on a processor whose VMX is on, on every core.
bool has_vmx() {
    if (twain_debug.nested_format != static_cast<u32>(NestedFormat::Ept)) return false;
    for (const abi::DebugVcpu& vcpu : twain_debug.vcpus) {
        if (vcpu.control_block != 0) return true;
    }
    return false;
}

bool has_another_core(u64 vmcs) {
    for (u32 core = 0; core < kMaxCpus; ++core) {
        if (core != this_cpu().index && loaded[core] == vmcs) return true;
    }
    return false;
}

/// Reads the VMCS that this core has loaded. What it lacks reads as 0, and that is all that "VM-instruction error" then tells:
/// the table leaves that field out.
void take(Place& place, PhysAddr vmcs) {
    for (usize at = 0; at < kVmcsFieldCount; ++at) place.values[at] = x86::vmread_if_there(kVmcsEncodings[at]);
    place.head.control_block = vmcs.raw;
}

}  // namespace

void vmcs::init() {
    twain_debug.vmcs_places = abi::kDebugVcpus;
    twain_debug.vmcs_field_count = kVmcsFieldCount;
    twain_debug.vmcs = reinterpret_cast<u64>(places) - kImageBase.raw;
}

void vmcs::take_current() {
    if (!has_vmx()) return;
    constexpr u64 kNone = ~0ULL;
    const PhysAddr current = x86::vmptrst();
    if (current.raw == kNone) return;
    loaded[this_cpu().index] = current.raw;
    for (usize at = 0; at < abi::kDebugVcpus; ++at) {
        if (twain_debug.vcpus[at].control_block == current.raw) take(places[at], current);
    }
}

/// A VMCS that no core has loaded was cleared by the last one that had it; and so it is again behind this.
void vmcs::take_others() {
    if (!has_vmx()) return;
    const PhysAddr current(loaded[this_cpu().index]);
    for (usize at = 0; at < abi::kDebugVcpus; ++at) {
        const PhysAddr other(twain_debug.vcpus[at].control_block);
        if (other.raw == 0 || other == current || has_another_core(other.raw) || !x86::vmptrld(other)) continue;
        take(places[at], other);
        x86::vmclear(other);
    }
    if (current.raw != 0) x86::vmptrld(current);
}

void vmcs::forget() {
    loaded[this_cpu().index] = 0;
    for (Place& place : places) {
        if (!has_another_core(place.head.control_block)) place.head.control_block = 0;
    }
}

}  // namespace stub
