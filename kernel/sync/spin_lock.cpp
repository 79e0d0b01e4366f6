// SPDX-License-Identifier: MIT
/// @file
/// @brief Taking and leaving spinning locks, and the check of their order.
/// @chapter locks
#include "sync/spin_lock.h"

#include "x86/cpu.h"
#include "x86/instructions.h"

IrqOff::IrqOff() : were_on_(x86::interrupts_enabled()) { x86::cli(); }
IrqOff::~IrqOff() {
    if (were_on_) x86::sti();
}

#ifdef TWAIN_DEBUG
void LockOrder::taking(LockRank rank) {
    const u32 bit = 1U << static_cast<unsigned>(rank);
    Cpu& cpu = this_cpu();
    CHECK(cpu.locks_held < bit, cpu.locks_held, bit);
    cpu.locks_held |= bit;
}
void LockOrder::left(LockRank rank) { this_cpu().locks_held &= ~(1U << static_cast<unsigned>(rank)); }
void LockOrder::sleeping() {
    const IrqOff off;
    CHECK(this_cpu().locks_held == 0, this_cpu().locks_held);
}
#else
void LockOrder::taking(LockRank) {}
void LockOrder::left(LockRank) {}
void LockOrder::sleeping() {}
#endif

void SpinLock::acquire(const IrqOff&) {
    LockOrder::taking(rank_);
    // Look before trying: only a write takes the cache line away from the holder.
    while (held_.load(std::memory_order_relaxed) || held_.exchange(true, std::memory_order_acquire)) x86::pause();
}

void SpinLock::release() {
    LockOrder::left(rank_);
    held_.store(false, std::memory_order_release);
}
