// SPDX-License-Identifier: MIT
/// @file
/// @brief A Linux kernel as distributions ship it: reads and checks the header of a bzImage.
/// @chapter boot-linux
#pragma once

#include <asm/bootparam.h>

#include <cstdint>

#include "vmm/file.h"

namespace vmm {

/// A bzImage that can be entered by the 64-bit boot protocol: a real-mode part that only its header matters of, and the
/// protected-mode part, which is loaded.
/// @spec{The Linux/x86 Boot Protocol, The Real-Mode Kernel Header}
class BzImage {
   public:
    /// Reads the header from `file`, which must outlive this. Throws Failure when it is no bzImage, is shorter than its
    /// header says, is older than protocol 2.12 or has no 64-bit entry.
    explicit BzImage(const File& file);

    const setup_header& header() const { return header_; }

    /// Where the protected-mode part stands in the file, and its size in bytes.
    std::uint64_t payload_offset() const { return payload_offset_; }
    std::uint64_t payload_size() const { return file_.size() - payload_offset_; }

    const File& file() const { return file_; }

   private:
    const File& file_;
    setup_header header_{};
    std::uint64_t payload_offset_ = 0;
};

}  // namespace vmm
