// SPDX-License-Identifier: MIT
/// @file
/// @brief The state in which processors start: long mode for the first, real mode for the others.
/// @chapter boot-linux
#include "vmm/start_state.h"

#include <asm/processor-flags.h>

#include <array>

#include "vmm/memory_map.h"

namespace vmm {
namespace {

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

constexpr std::uint16_t kRealCode = 0x9b;
constexpr std::uint16_t kRealData = 0x93;

constexpr std::uint64_t kDr6AtReset = 0xffff'0ff0;
constexpr std::uint64_t kDr7AtReset = 0x400;

constexpr std::array<std::uint64_t, 4> kDescriptors{0, 0, kCodeDescriptor, kDataDescriptor};

abi::SystemRegisters registers_at_reset() {
    const abi::Segment data{0, kRealData, kSmallLimit, 0};
    abi::SystemRegisters system{};
    system.cr0 = X86_CR0_ET;
    system.cs = {0, kRealCode, kSmallLimit, 0};
    system.ds = system.es = system.fs = system.gs = system.ss = data;
    system.tr = {0, kBusyTask, kSmallLimit, 0};
    system.ldtr = {0, kLocalTable, kSmallLimit, 0};
    system.gdtr = system.idtr = {0, kSmallLimit};
    system.dr6 = kDr6AtReset;
    system.dr7 = kDr7AtReset;
    return system;
}

}  // namespace

void write_boot_tables(const GuestMemory& memory) {
    // Six pages in a row: the root, the next level, and four directories behind each other.
    const GuestPhys level3 = kBootPageTables + kPageSize;
    const GuestPhys level2 = level3 + kPageSize;
    const auto write_entry = [&](GuestPhys table, unsigned index, std::uint64_t entry) {
        memory.store(table + index * sizeof entry, entry | kPresentWritable);
    };
    write_entry(kBootPageTables, 0, level3.value);
    for (unsigned i = 0; i < kDirectories; ++i) write_entry(level3, i, (level2 + i * kPageSize).value);
    for (unsigned i = 0; i < kDirectories * kEntries; ++i) write_entry(level2, i, i * kLargePageSize | kLargePage);
    memory.store(kGdt, kDescriptors);
}

abi::SystemRegisters long_mode_registers() {
    const abi::Segment data{kBootDataSelector, kData, kFlatLimit, 0};
    abi::SystemRegisters system = registers_at_reset();
    system.cr0 = X86_CR0_PE | X86_CR0_ET | X86_CR0_PG;
    system.cr3 = kBootPageTables.value;
    system.cr4 = X86_CR4_PAE;
    system.efer = kEferLongModeEnable | kEferLongModeActive;
    system.cs = {kBootCodeSelector, kCode64, kFlatLimit, 0};
    system.ds = system.es = system.fs = system.gs = system.ss = data;
    system.gdtr = {kGdt.value, sizeof kDescriptors - 1};
    return system;
}

void set_real_mode(abi::RingV& state, std::uint8_t vector) {
    state.general = {};
    state.general.rflags = X86_EFLAGS_FIXED;
    state.system = registers_at_reset();
    state.system.cs.selector = static_cast<std::uint16_t>(vector << 8);
    state.system.cs.base = std::uint64_t{vector} << 12;
    state.load_system = abi::LoadSystem::Reset;
}

}  // namespace vmm
