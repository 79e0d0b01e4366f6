// SPDX-License-Identifier: MIT
/// @file
/// @brief /proc/vm: every exit counted, by reason and by who settled it.
/// @chapter observability
#include "virt/ring_v.h"
#include "virt/vcpu.h"

const char* name_of(ExitKind kind) {
    static constexpr const char* kNames[kExitKinds] = {
        "none",      "vendor",    "host-interrupt", "interrupt-window", "nested-fault",  "cpuid",      "read-msr",
        "write-msr", "io",        "halt",           "end-of-interrupt", "write-control", "write-xcr0", "debug",
        "cache",     "exception", "undefined",      "denied",           "shutdown",      "bad-state",  "unknown"};
    return kNames[static_cast<unsigned>(kind)];
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

Result<void> Vcpu::print_all(Sink& sink) {
    const BackEnd* chosen = ring_v::back_end();
    print(sink, chosen ? chosen->name : "none: ", ring_v::missing(), '\n');
    if (!chosen) return {};
    auto list = all_.lock();
    ExitCounts sum = list->ended;
    for (const Vcpu& vcpu : list->vcpus) {
        print(sink, "thread ", vcpu.tid_, " apic ", vcpu.apic_.id(), '\n');
        print_counts(sink, vcpu.counts_);
        sum.add(vcpu.counts_);
    }
    print(sink, "all, since boot\n");
    print_counts(sink, sum);
    return {};
}
