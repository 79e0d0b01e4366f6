// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading lists of symbols.
/// @chapter observability
#include "debugger-ui/symbols/symbol_map.h"

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

/// No function is longer than this.
constexpr u64 kFarAway = 1 << 20;

}  // namespace

SymbolMap::SymbolMap(const std::filesystem::path& file) {
    std::ifstream input(file);
    if (!input) throw error_from_errno("cannot read symbols from " + file.string());
    u64 highest = 0;
    for (std::string line; std::getline(input, line);) {
        std::istringstream words(line);
        u64 address = 0;
        std::string type, name;
        if (!(words >> std::hex >> address >> type >> name) || type.size() != 1) continue;
        highest = std::max(highest, address);
        by_address_.emplace(address, name);
        names_.emplace(std::move(name), address);
    }
    if (names_.empty()) throw Error(file.string() + " has no lines of the form `address type name`");
    // /proc/kallsyms hides addresses from those who may not know them, and Debian's System.map only says where it is.
    if (highest == 0 || names_.size() == 1)
        throw Error(file.string() + " has no addresses: read /proc/kallsyms as root, or take the -dbg package's map");
}

std::optional<u64> SymbolMap::address_of(std::string_view name, u64 slide) const {
    const auto found = names_.find(name);
    if (found == names_.end()) return std::nullopt;
    return found->second + slide;
}

std::string SymbolMap::name_at(u64 address, u64 slide) const {
    auto after = by_address_.upper_bound(address - slide);
    if (after == by_address_.begin()) return {};
    --after;
    const u64 offset = address - slide - after->first;
    if (offset >= kFarAway) return {};
    char text[32] = {};
    if (offset != 0) std::snprintf(text, sizeof(text), "+0x%" PRIx64, offset);
    return after->second + text;
}

}  // namespace machine
