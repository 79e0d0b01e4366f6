// SPDX-License-Identifier: MIT
/// @file
/// @brief Choosing what a snapshot is about.
/// @chapter observability
#include "debugger-ui/model/snapshot.h"

#include <algorithm>

namespace debugger {

const Process* main_process(const Snapshot& snapshot) {
    const auto with_root = [&](PhysAddr root) {
        return std::find_if(snapshot.processes.begin(), snapshot.processes.end(),
                            [&](const Process& process) { return process.root == root; });
    };
    for (usize at = snapshot.log.size(); at-- > 0;) {
        if (snapshot.log[at].cause != abi::TraceCause::RingV) continue;
        const auto found = with_root(root_of(snapshot.log[at]));
        if (found != snapshot.processes.end()) return &*found;
    }
    // Without a guest's fault: the process of the first vCPU, else the one that came last.
    for (const Vcpu& vcpu : snapshot.vcpus) {
        const auto found = std::find_if(snapshot.processes.begin(), snapshot.processes.end(),
                                        [&](const Process& process) { return process.pid == vcpu.thread; });
        if (found != snapshot.processes.end()) return &*found;
    }
    const auto newest = std::max_element(snapshot.processes.begin(), snapshot.processes.end(),
                                         [](const Process& a, const Process& b) { return a.pid < b.pid; });
    return newest == snapshot.processes.end() ? nullptr : &*newest;
}

}  // namespace debugger
