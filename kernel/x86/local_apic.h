// SPDX-License-Identifier: MIT
/// @file
/// @brief A core's own local APIC: end of interrupt, interrupts to itself, and the counter behind its timer.
/// @chapter traps
#pragma once

#include "lib/types.h"

namespace local_apic {

/// Tells where the registers are mapped, 4 KiB, uncached; the same place for every core. Once, at boot.
void use_registers(volatile u32* registers);
/// Turns on the calling core's local APIC, its timer masked; its interrupts have vectors of `vector`.
void start_core();
void end_of_interrupt();
/// Makes `vector` pend on the calling core; with interrupts off it stays pending. @sdm{Interrupt Command Register, 11.6.1}
void interrupt_self(u8 vector);
/// Makes the calling core's APIC signal what pends in it, where the signal was lost (svm::SvmControlBlock::execute).
void signal_pending();
/// Makes `vector` pend on another core.
void interrupt(u32 apic_id, u8 vector);
/// An NMI for every core but this one.
void interrupt_others_by_nmi();
/// The two interrupts that start a core: INIT, and where to start: the real-mode address `page` << 12.
/// @sdm{MP Initialization Protocol, 8.4}
void send_init(u32 apic_id);
void send_startup(u32 apic_id, u8 page);

/// The timer counts `ticks` down and interrupts at 0; 0: never. @sdm{APIC Timer, 11.5.4}
void count_down(u32 ticks);
u32 ticks_left();

}  // namespace local_apic
