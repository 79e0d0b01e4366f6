// SPDX-License-Identifier: MIT
/// @file
/// @brief What the tests of the kernel's own stub share: a machine that has it, and the kernel's symbols.
/// @chapter testing
#pragma once

#include <string>
#include <vector>

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/symbols/symbols.h"
#include "tests/boot/guest.h"

namespace machine {

inline Options stub_machine(const std::string& words = "mode=host") {
    return twain({.words = words, .kernel_stub = true});
}

/// The kernel's symbols, and what a test of a stopped machine asks again and again.
struct Kernel {
    Symbols symbols{build_directory() + "/twain.elf"};

    VirtAddr address_of(const char* name) const { return symbols.address_of(name); }
    /// The functions of the stack, innermost first.
    std::vector<std::string> stack(Rsp& rsp) const {
        std::vector<std::string> names;
        const auto read = [&rsp](VirtAddr address) -> std::optional<u64> {
            try {
                return rsp.read_u64(address);
            } catch (const Error&) { return std::nullopt; }
        };
        for (const Frame& frame : symbols.backtrace(rsp.registers(), read)) {
            names.insert(names.end(), frame.functions.begin(), frame.functions.end());
        }
        return names;
    }
    bool is_in_stack(Rsp& rsp, std::string_view name) const {
        for (const std::string& function : stack(rsp)) {
            if (function.ends_with(name)) return true;
        }
        return false;
    }
};

}  // namespace machine
