// SPDX-License-Identifier: MIT
/// @file
/// @brief Every VM exit counted, by reason and by who settled it.
/// @chapter observability
#pragma once

#include "abi/ring_v.h"
#include "virt/exit.h"

/// Who settled an exit.
enum class Settled : u8 {
    Kernel,       ///< the guest goes on
    Vmm,          ///< the thread goes back to its VMM
    OutOfMemory,  ///< the thread goes back with ENOMEM; the guest's instruction will be tried again
};

/// One vCPU's counts, or a sum. Written by the vCPU's thread only; readers may be one behind.
struct ExitCounts {
    u64 by_kernel[kExitKinds] = {};
    u64 by_vmm[kExitKinds] = {};

    void add(ExitKind kind, Settled settled) {
        ++(settled == Settled::Kernel ? by_kernel : by_vmm)[static_cast<unsigned>(kind)];
    }
    void add(const ExitCounts& other) {
        for (unsigned i = 0; i < kExitKinds; ++i) {
            by_kernel[i] += other.by_kernel[i];
            by_vmm[i] += other.by_vmm[i];
        }
    }
};
