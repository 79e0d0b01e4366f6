// SPDX-License-Identifier: MIT
/// @file
/// @brief Every vCPU of the machine, for interrupts between them and for /proc/vm.
/// @chapter interrupts
#pragma once

#include "virt/vcpu.h"

/// The list, and the counts of vCPUs that are gone.
class VcpuList {
   public:
    static void add(Vcpu& vcpu);
    static void remove(Vcpu& vcpu);

    /// Calls `visit(vcpu)` for every vCPU of the process whose memory is `space`. The list's spinning lock is held.
    template <class Visit>
    static void for_each(const AddressSpace& space, Visit&& visit) {
        auto list = state().lock();
        for (Vcpu& vcpu : list->vcpus) {
            if (vcpu.thread_.space.get() == &space) visit(vcpu);
        }
    }
    /// Prints /proc/vm: the back end, each vCPU, the sums.
    static void print(Sink& sink);

   private:
    struct State {
        List<Vcpu, &Vcpu::link_> vcpus;
        ExitCounts ended;
    };
    static SpinLocked<State>& state();
};
