// SPDX-License-Identifier: MIT
/// @file
/// @brief The machine's memory as a file that QEMU shares: read without stopping the machine.
/// @chapter observability
#pragma once

#include <filesystem>
#include <optional>
#include <span>

#include "lib/types.h"

namespace debugger {

/// A read-only view of the RAM of a q35 machine that was started with
/// `-object memory-backend-file,share=on,mem-path=FILE`.
class SharedRam {
   public:
    /// @throws machine::Error where the file cannot be mapped
    explicit SharedRam(const std::filesystem::path& file);
    ~SharedRam();
    SharedRam(const SharedRam&) = delete;
    SharedRam& operator=(const SharedRam&) = delete;

    /// Copies memory by words of 8 bytes, each read at once. False: there is no RAM of this machine.
    bool read(PhysAddr from, std::span<u8> into) const;

    /// Where a physical address of a q35 machine with `bytes` of RAM lies in the file: what does not fit below the hole for
    /// devices is mapped from 4 GiB on. @spec{QEMU hw/i386/pc_q35.c, pc_q35_init}
    static std::optional<u64> file_offset(PhysAddr address, u64 bytes);

   private:
    const u8* memory_ = nullptr;
    u64 bytes_ = 0;
};

}  // namespace debugger
