// SPDX-License-Identifier: MIT
/// @file
/// @brief Ticket locks, and the check of their order.
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
#else
void LockOrder::taking(LockRank) {}
void LockOrder::left(LockRank) {}
#endif

void SpinLock::acquire(const IrqOff&) {
    LockOrder::taking(rank_);
    const u32 ticket = next_.fetch_add(1, std::memory_order_relaxed);
    while (serving_.load(std::memory_order_acquire) != ticket) x86::pause();
}

void SpinLock::release() {
    LockOrder::left(rank_);
    // Only the holder writes this word, so it needs no atomic addition.
    serving_.store(serving_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}
