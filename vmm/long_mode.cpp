// SPDX-License-Identifier: MIT
/// @file
/// @brief The state of a processor that starts in long mode: page tables, descriptors, registers.
/// @chapter boot-linux
#include "vmm/long_mode.h"

#include <array>

#include "vmm/memory_map.h"

namespace vmm {
namespace {

// Control registers. @sdm{Control Registers, 2.5}
constexpr std::uint64_t kCr0ProtectionEnable = 1 << 0;
constexpr std::uint64_t kCr0ExtensionType = 1 << 4;
constexpr std::uint64_t kCr0Paging = 1ULL << 31;
constexpr std::uint64_t kCr4PhysicalAddressExtension = 1 << 5;
constexpr std::uint64_t kEferLongModeEnable = 1 << 8;
constexpr std::uint64_t kEferLongModeActive = 1 << 10;

// Page-table entries. @sdm{4-Level Paging, 4.5}
constexpr std::uint64_t kPresentWritable = 0x3;
constexpr std::uint64_t kLargePage = 1 << 7;
constexpr std::uint64_t kLargePageSize = 2 * kMiB;
constexpr unsigned kEntries = 512;
constexpr unsigned kDirectories = 4;  ///< 1 GiB each

// Segment attributes as `abi::Segment` holds them, and the same as 8-byte descriptors.
constexpr std::uint16_t kCode64 = 0xa9b;     ///< execute/read, accessed; L, G
constexpr std::uint16_t kData = 0xc93;       ///< read/write, accessed; D, G
constexpr std::uint16_t kBusyTask = 0x8b;    ///< 64-bit TSS, busy
constexpr std::uint16_t kLocalTable = 0x82;  ///< LDT
constexpr std::uint64_t kCodeDescriptor = 0x00af'9b00'0000'ffff;
constexpr std::uint64_t kDataDescriptor = 0x00cf'9300'0000'ffff;
constexpr std::uint32_t kFlatLimit = 0xffff'ffff;
constexpr std::uint32_t kSmallLimit = 0xffff;

constexpr std::uint64_t kDr6AtReset = 0xffff'0ff0;
constexpr std::uint64_t kDr7AtReset = 0x400;

constexpr std::array<std::uint64_t, 4> kDescriptors{0, 0, kCodeDescriptor, kDataDescriptor};

}  // namespace

void write_boot_tables(const GuestMemory& memory) {
    const GuestPhys level3 = kBootPageTables + kPageSize;
    const GuestPhys level2 = level3 + kPageSize;
    memory.clear(kBootPageTables, 2 * kPageSize);
    memory.store(kBootPageTables, level3.value | kPresentWritable);
    for (unsigned directory = 0; directory < kDirectories; ++directory) {
        const GuestPhys table = level2 + directory * kPageSize;
        memory.store(level3 + directory * sizeof(std::uint64_t), table.value | kPresentWritable);
        for (unsigned i = 0; i < kEntries; ++i) {
            const std::uint64_t page = (std::uint64_t{directory} * kEntries + i) * kLargePageSize;
            memory.store(table + i * sizeof(std::uint64_t), page | kPresentWritable | kLargePage);
        }
    }
    memory.store(kGdt, kDescriptors);
}

abi::SystemRegisters long_mode_registers() {
    const abi::Segment data{kBootDataSelector, kData, kFlatLimit, 0};
    abi::SystemRegisters system{};
    system.cr0 = kCr0ProtectionEnable | kCr0ExtensionType | kCr0Paging;
    system.cr3 = kBootPageTables.value;
    system.cr4 = kCr4PhysicalAddressExtension;
    system.efer = kEferLongModeEnable | kEferLongModeActive;
    system.cs = {kBootCodeSelector, kCode64, kFlatLimit, 0};
    system.ds = system.es = system.fs = system.gs = system.ss = data;
    system.tr = {0, kBusyTask, kSmallLimit, 0};
    system.ldtr = {0, kLocalTable, kSmallLimit, 0};
    system.gdtr = {kGdt.value, sizeof kDescriptors - 1};
    system.idtr = {0, 0};
    system.dr6 = kDr6AtReset;
    system.dr7 = kDr7AtReset;
    return system;
}

}  // namespace vmm
