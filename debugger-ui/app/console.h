// SPDX-License-Identifier: MIT
/// @file
/// @brief The machine's console: a socket that can be typed into, or a file in which its output is written down.
/// @chapter observability
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "debugger-ui/model/console_text.h"
#include "debugger-ui/rsp/file.h"

namespace debugger {

class Console {
   public:
    /// `keys`: where what is typed goes, if `path` is a file; may be empty. @throws machine::Error where `path` is neither
    Console(const std::filesystem::path& path, const std::filesystem::path& keys);

    /// Takes what has come. True: there is more to see than before.
    bool update();
    const ConsoleText& text() const { return text_; }
    bool can_type() const { return stream_ || keys_; }
    /// Sends keys. Nothing where the console is a file, or gone.
    void type(std::string_view keys);

   private:
    std::optional<machine::Stream> stream_;
    machine::File file_, keys_;
    ConsoleText text_;
};

}  // namespace debugger
