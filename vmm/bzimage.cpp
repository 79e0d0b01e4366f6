// SPDX-License-Identifier: MIT
/// @file
/// @brief A Linux kernel as distributions ship it: reads and checks the header of a bzImage.
/// @chapter boot-linux
#include "vmm/bzimage.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "vmm/failure.h"

namespace vmm {
namespace {

constexpr std::size_t kHeaderOffset = offsetof(boot_params, hdr);
constexpr std::size_t kSector = 512;
constexpr std::size_t kJumpOffset = 0x201;  ///< of a jump over the header: its operand tells where the header ends
constexpr std::uint16_t kBootFlag = 0xaa55;
constexpr std::uint32_t kMagic = 0x5372'6448;  ///< "HdrS"
constexpr std::uint16_t kOldestVersion = 0x020c;
constexpr std::uint8_t kSetupSectorsIfZero = 4;
static_assert(kHeaderOffset == 0x1f1);

}  // namespace

BzImage::BzImage(const File& file) : file_(file) {
    const std::string& path = file.path();
    std::array<std::byte, 2 * kSector> start{};
    const ssize_t got = ::pread(file.descriptor(), start.data(), start.size(), 0);
    if (got != static_cast<ssize_t>(start.size()))
        throw Failure(path + " is too short for a Linux kernel; give a bzImage");

    const std::size_t header_end = 0x202 + std::to_integer<std::size_t>(start[kJumpOffset]);
    std::memcpy(&header_, start.data() + kHeaderOffset, std::min(header_end - kHeaderOffset, sizeof header_));
    if (header_.boot_flag != kBootFlag || header_.header != kMagic) {
        throw Failure(path + " is not a Linux kernel; give a bzImage, such as /boot/vmlinuz-*");
    }
    if (header_.version < kOldestVersion || (header_.xloadflags & XLF_KERNEL_64) == 0) {
        throw Failure(path + " has no 64-bit entry (boot protocol " + hex(header_.version) +
                      "); give a 64-bit kernel of 2013 or later");
    }

    const std::uint64_t sectors = header_.setup_sects != 0 ? header_.setup_sects : kSetupSectorsIfZero;
    payload_offset_ = (sectors + 1) * kSector;
    const std::uint64_t needed = payload_offset_ + std::uint64_t{header_.syssize} * 16;
    if (file.size() < needed || header_.syssize == 0) {
        throw Failure(path + " is cut short: its header tells of " + std::to_string(needed) + " bytes and it has " +
                      std::to_string(file.size()) + "; copy it again");
    }
}

}  // namespace vmm
