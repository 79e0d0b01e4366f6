// SPDX-License-Identifier: MIT
/// @file
/// @brief A thread's x87, SSE and AVX registers while they are not in the processor.
/// @chapter processes
#pragma once

#include "lib/result.h"
#include "lib/types.h"

/// Room for one XSAVE image of the features that the kernel lets programs use. It is saved and restored under the kernel's own
/// XCR0, a guest's image too: ring V changes XCR0 only around the entry itself. A processor without XSAVE has x87 and SSE,
/// whose registers FXSAVE puts where an XSAVE image has them.
/// @sdm{Managing State Using the XSAVE Feature Set, chapter 13 of volume 1}
class FpuState {
   public:
    /// Reads what the processor has and enables it; called on each core. `init` decides the features once.
    static void init();
    /// Bits of XCR0 that programs and guests may use: x87, SSE, AVX, AVX-512 where there.
    static u64 supported_features();
    /// What XCR0 of this core selects; a guest's own choice while it runs.
    static u64 selected_features();
    static void select_features(u64 xcr0);
    /// Whether `xcr0` is made of supported features with what each needs: x87 always, SSE for AVX, all three parts of AVX-512
    /// with AVX. @sdm{XSETBV—Set Extended Control Register}
    static bool can_select(u64 xcr0);
    /// Bytes of an XSAVE image of all of them: at least 576.
    static u32 image_bytes();

    /// The registers as a new program finds them. ENOMEM.
    static Result<FpuState*> create();
    /// A copy, as fork makes it. ENOMEM.
    Result<FpuState*> clone() const;
    void destroy();

    /// Registers to memory, and memory to registers. Interrupts off, or the thread cannot be switched meanwhile.
    void save();
    void restore() const;
    /// Sets everything to the initial state.
    void reset();

    /// The XSAVE image: legacy area 512 bytes, header 64, extended area.
    u8* image() { return image_; }
    const u8* image() const { return image_; }

   private:
    FpuState() = default;
    /// Only the start: the object is allocated with image_bytes() in all. 576 bytes are there on every machine.
    alignas(64) u8 image_[576];
};
