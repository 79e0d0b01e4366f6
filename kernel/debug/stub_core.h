// SPDX-License-Identifier: MIT
/// @file
/// @brief One stopped core: what its registers hold, and what they shall hold when it goes on.
/// @chapter observability
#pragma once

#include "debug/stub_registers.h"
#include "x86/trap_frame.h"

namespace stub {

/// A core takes its own registers down before it waits, and loads them itself when it goes on: no other core could.
class StoppedCore {
   public:
    /// On the core itself, whose interrupted code is in `frame`; the frame stays where it is until `load`.
    void take(TrapFrame& frame);
    /// On the core itself: what `write` has changed comes into effect, the frame's part by returning from the trap.
    void load();

    bool is_stopped() const { return frame_ != nullptr; }
    TrapFrame& frame() const { return *frame_; }
    /// The tables that the core walks.
    PhysAddr root() const { return PhysAddr(control_[kCr3]); }
    void read(RegisterFile& registers) const;
    /// False: a segment or control register would change, which would only end the kernel; nothing was set.
    bool write(const RegisterFile& registers);

   private:
    enum Control { kCr0, kCr2, kCr3, kCr4, kCr8, kEfer, kControls };
    TrapFrame* frame_ = nullptr;
    u64 fs_base_ = 0;
    u64 gs_base_ = 0;         ///< of the interrupted code
    u64 kernel_gs_base_ = 0;  ///< what SWAPGS would make of it
    u64 control_[kControls] = {};
    u16 selectors_[4] = {};  ///< ds, es, fs, gs
    bool changed_ = false;
    alignas(16) u8 fx_[kFxBytes] = {};
};

}  // namespace stub
