// SPDX-License-Identifier: MIT
/// @file
/// @brief Expressions over registers, symbols and memory: the conditions of breakpoints.
/// @chapter observability
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lib/types.h"

namespace debugger {

/// What an expression may speak of.
struct ExpressionScope {
    /// The value of a name: a register or a symbol. Nothing: there is none of that name.
    std::function<std::optional<u64>(std::string_view name)> name;
    /// The 8 bytes at an address. Nothing: they cannot be read.
    std::function<std::optional<u64>(u64 address)> word;
};

/// The value of an expression, all of it unsigned with 64 bits. Operands are numbers (decimal or 0x), names, `[address]`
/// for 8 bytes of memory, and what stands in parentheses; operators, from the weakest: `||`, `&&`, `== != < <= > >=`, `&`,
/// `+ -`. @throws machine::Error that says in one line what cannot be understood
u64 evaluate(std::string_view text, const ExpressionScope& scope);

}  // namespace debugger
