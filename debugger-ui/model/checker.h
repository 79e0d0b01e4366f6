// SPDX-License-Identifier: MIT
/// @file
/// @brief The law of the pair over a whole tree, as seen from outside.
/// @chapter pair
#pragma once

#include <string>
#include <vector>

#include "debugger-ui/model/entry.h"
#include "debugger-ui/model/pages.h"

namespace debugger {

/// A slot that breaks the law.
struct BrokenSlot {
    u64 address;
    unsigned level;
    u64 host, nested;
    Violation violation;
};

struct TreeCheck {
    usize pairs = 0;
    usize window_pages = 0;  ///< leaves in the window, of whatever size
    std::vector<BrokenSlot> broken;
    std::string problem;  ///< why the walk was given up: a loop, a table that is no pair, memory that cannot be read
};

/// Walks every pair of the tree. Each pair is visited once and the number of pairs has a limit, so that damaged tables end it.
TreeCheck check_tree(PageSource& pages, PhysAddr root, NestedFormat format);
/// One line a broken slot, then the sum.
std::string text_of(const TreeCheck& check);

}  // namespace debugger
