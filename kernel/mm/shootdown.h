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
void load_root(PhysAddr root);

/// Makes every core that has `root` loaded load the kernel's own instead, so that its frames can be freed: an idle core keeps
/// the tree of the last process that it ran. May wait; no spinning lock is held.
void unload_root_everywhere(PhysAddr root);

/// Starts to take part: enters the interrupt's handler. Once, on the boot core.
void init_shootdown();
