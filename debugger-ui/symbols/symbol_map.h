// SPDX-License-Identifier: MIT
/// @file
/// @brief The symbols of a guest's kernel from a list: System.map, or what /proc/kallsyms said.
/// @chapter observability
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/types.h"

namespace machine {

/// Names and addresses, one a line: `ffffffff81000000 T _text`. Linux moves its kernel at each boot; `slide` is by how much.
class SymbolMap {
   public:
    /// @throws Error where the file cannot be read or has no symbols
    explicit SymbolMap(const std::filesystem::path& file);

    usize size() const { return names_.size(); }
    /// Nothing where none has the name.
    std::optional<u64> address_of(std::string_view name, u64 slide = 0) const;
    /// "name+0x12" of the symbol at or before an address; empty where that is far away.
    std::string name_at(u64 address, u64 slide = 0) const;

   private:
    std::map<u64, std::string> by_address_;
    std::map<std::string, u64, std::less<>> names_;
};

}  // namespace machine
