// SPDX-License-Identifier: MIT
/// @file
/// @brief Which translations a core may hold, and how all cores are made to forget them.
/// @chapter pair
#pragma once

#include "lib/types.h"

/// Loads a tree of pages on this core. Interrupts are off.
///
/// The core says first which tree it will have, and then loads it. Whoever changes an entry stores the entry first, and then
/// asks which cores have its tree. Of the two, one comes first: either the core is found, or its first walk finds the new entry.
///
/// That rests on a core's forgetting, when it loads a tree, what it had of the one before; process-context identifiers (PCIDs)
/// are not used. With them it would keep translations of trees that it has not loaded, would not be found by whoever changes
/// these, and would have to compare a generation at each load, as ring V does at each entry. They would save the misses after a
/// switch from one process to another; threads of a process, a VMM and its guest, and a kernel thread and the process that it
/// came upon switch without a load anyway, and what is the kernel's is global and stays. And nobody could tell whether it is
/// right: QEMU 7.2 has no PCIDs without KVM, and Bochs 2.7 forgets everything at each load, whatever bit 63 says, so that no
/// test would find a stale translation, nor a benchmark a gain.
void load_root(PhysAddr root);

/// Makes every core that has `root` loaded load the kernel's own instead, so that its frames can be freed: an idle core keeps
/// the tree of the last process that it ran. May wait; no spinning lock is held.
void unload_root_everywhere(PhysAddr root);

/// Starts to take part: enters the interrupt's handler. Once, on the boot core.
void init_shootdown();
