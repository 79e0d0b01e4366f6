// SPDX-License-Identifier: MIT
/// @file
/// @brief Interrupts left for a vCPU: what VMX processors take by themselves, and software where they do not.
/// @chapter interrupts
///
/// This header compiles anywhere: kernel and tests share it.
#pragma once

#include <atomic>

#include "lib/types.h"

/// A posted-interrupt descriptor. Any number post; one takes, which is the processor that runs the guest, or the thread whose
/// guest it is while that does not run. @sdm{Posted-Interrupt Processing, 30.6}
///
/// Nothing posted is overlooked. Whoever posts leaves the request and then sets `outstanding`; whoever takes clears `outstanding`
/// and then takes the requests. So a request that is left too late to be taken finds `outstanding` clear, and its poster
/// notifies. One that finds it set is taken by the look for which it was set, which is still to come.
struct alignas(64) PostedInterrupts {
    static constexpr u32 kOutstanding = 1 << 0;

    std::atomic<u32> requests[8];  ///< a bit for each vector
    std::atomic<u32> control;      ///< kOutstanding; the processor leaves the rest alone
    u32 others[7];

    /// Leaves `vector`. True: the caller must see to it that somebody takes it. False: another has to already.
    bool post(u8 vector) {
        requests[vector / 32].fetch_or(1U << vector % 32);
        return !(control.fetch_or(kOutstanding) & kOutstanding);
    }
    bool any() const { return control.load() & kOutstanding; }
    /// Calls `take(word, bits)` for all requests, which are gone then.
    template <class Take>
    void take_all(Take take) {
        if (!any()) return;
        control.fetch_and(~kOutstanding);
        for (unsigned i = 0; i < 8; ++i) {
            if (const u32 bits = requests[i].exchange(0)) take(i, bits);
        }
    }
};
static_assert(sizeof(PostedInterrupts) == 64 && offsetof(PostedInterrupts, control) == 32);
