// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading the kernel's counts of VM exits.
/// @chapter exits
#include "debugger-ui/target/exit_counts.h"

namespace debugger {

ExitCounter::ExitCounter(const machine::Symbols& symbols)
    : kinds_(symbols.enumerators("ExitKind")),
      // The debug block points at the registers, which a vCPU's frame begins with.
      from_registers_(symbols.member_offset("Vcpu", "counts_") - symbols.member_offset("Vcpu", "frame_")) {}

std::vector<ExitCount> ExitCounter::count(const ReadPhysical& read, const abi::DebugBlock& block) const {
    std::vector<ExitCount> counts;
    for (const auto& [name, value] : kinds_) counts.push_back({name, 0, 0});
    std::vector<u64> words(2 * kinds_.size());
    for (const abi::DebugVcpu& vcpu : block.vcpus) {
        if (vcpu.control_block == 0) continue;
        const PhysAddr place(vcpu.registers + from_registers_);
        if (!read(place, {reinterpret_cast<u8*>(words.data()), words.size() * sizeof(u64)})) continue;
        // Two arrays by kind: what the kernel settled, and what the VMM did.
        for (usize at = 0; at < kinds_.size(); ++at) {
            counts[at].by_kernel += words[at];
            counts[at].by_vmm += words[kinds_.size() + at];
        }
    }
    return counts;
}

}  // namespace debugger
