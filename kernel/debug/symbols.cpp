// SPDX-License-Identifier: MIT
/// @file
/// @brief Finds a function by address in the table that the build made from the linked image.
/// @chapter observability
#include "debug/symbols.h"

#include <algorithm>

namespace {

/// kernel/debug/make-symbols writes this table, sorted by address; the last entry closes it.
struct Symbol {
    u64 address;
    const char* name;
};
extern "C" const Symbol kernel_symbols[];
extern "C" const u64 kernel_symbol_count;

}  // namespace

SymbolPlace find_symbol(u64 address) {
    const Symbol* end = kernel_symbols + kernel_symbol_count;
    const Symbol* after = std::upper_bound(kernel_symbols, end, address,
                                           [](u64 value, const Symbol& symbol) { return value < symbol.address; });
    if (after == kernel_symbols || after == end) return {};
    const Symbol& symbol = after[-1];
    return {symbol.name, address - symbol.address};
}
