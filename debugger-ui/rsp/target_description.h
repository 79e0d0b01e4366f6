// SPDX-License-Identifier: MIT
/// @file
/// @brief Which registers a stub has, and where each stands in the answer to `g`.
/// @chapter observability
/// @spec{GDB manual, Target Descriptions}
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "debugger-ui/rsp/rsp_framing.h"

namespace machine {

/// One register: its bytes in the answer to `g`.
struct RegisterPlace {
    std::string name;
    std::size_t offset;  ///< in bytes
    std::size_t bytes;
};

/// The registers of a target, in the order of the answer to `g`.
class TargetDescription {
   public:
    /// Reads target.xml and the files that it includes; `fetch` returns the text of the file named. XML comments are
    /// skipped: QEMU's contain registers that do not exist. @throws Error where no register is described
    static TargetDescription parse(const std::function<std::string(const std::string& name)>& fetch);

    const std::vector<RegisterPlace>& registers() const { return registers_; }
    const RegisterPlace* find(std::string_view name) const;

   private:
    void add(const std::string& xml, const std::function<std::string(const std::string&)>& fetch, int depth);
    std::vector<RegisterPlace> registers_;
};

/// The answer to `g`, to be read by name.
class Registers {
   public:
    Registers(const TargetDescription& description, Bytes content)
        : description_(&description), content_(std::move(content)) {}

    /// The lowest 8 bytes of a register. @throws Error where there is none of that name
    std::uint64_t operator[](std::string_view name) const;
    const Bytes& content() const { return content_; }

   private:
    const TargetDescription* description_;
    Bytes content_;
};

}  // namespace machine
