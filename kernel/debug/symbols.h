// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel's own symbol table, linked into its image, for backtraces.
/// @chapter observability
#pragma once

#include <string_view>

#include "lib/types.h"

/// The function around an address and the distance from its start; an empty name where no function is.
struct SymbolPlace {
    std::string_view name;
    u64 offset;
};
SymbolPlace find_symbol(u64 address);
