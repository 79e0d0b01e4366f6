// SPDX-License-Identifier: MIT
/// @file
/// @brief The list of vCPUs and its picture in /proc/vm.
/// @chapter observability
#include "virt/vcpu_list.h"

#include "virt/ring_v.h"

const char* name_of(ExitKind kind) {
    static constexpr const char* kNames[kExitKinds] = {
        "none",      "vendor",    "host-interrupt", "interrupt-window", "nested-fault",  "cpuid",      "read-msr",
        "write-msr", "io",        "halt",           "end-of-interrupt", "write-control", "write-xcr0", "cache",
        "exception", "undefined", "denied",         "shutdown",         "bad-state",     "unknown"};
    return kNames[static_cast<unsigned>(kind)];
}

SpinLocked<VcpuList::State>& VcpuList::state() {
    static constinit SpinLocked<State> list(LockRank::Vcpu);
    return list;
}

void VcpuList::add(Vcpu& vcpu) { state().lock()->vcpus.push_back(vcpu); }

void VcpuList::remove(Vcpu& vcpu) {
    auto list = state().lock();
    list->vcpus.remove(vcpu);
    list->ended.add(vcpu.counts());
}

namespace {

void print_counts(Sink& sink, const ExitCounts& counts) {
    for (unsigned i = 0; i < kExitKinds; ++i) {
        if (counts.by_kernel[i] + counts.by_vmm[i] == 0) continue;
        const std::string_view name = name_of(static_cast<ExitKind>(i));
        print(sink, "  ", name, std::string_view("                  ").substr(name.size()), "kernel ",
              Padded{counts.by_kernel[i], 10}, "  vmm ", Padded{counts.by_vmm[i], 10}, '\n');
    }
}

}  // namespace

void VcpuList::print(Sink& sink) {
    if (!ring_v::back_end()) return ::print(sink, "none: ", ring_v::missing(), '\n');
    ::print(sink, ring_v::back_end()->name(), '\n');
    auto list = state().lock();
    ExitCounts sum = list->ended;
    for (Vcpu& vcpu : list->vcpus) {
        ::print(sink, "thread ", vcpu.tid(), " apic ", vcpu.apic_id(), '\n');
        print_counts(sink, vcpu.counts());
        sum.add(vcpu.counts());
    }
    ::print(sink, "all, since boot\n");
    print_counts(sink, sum);
}
