// SPDX-License-Identifier: MIT
/// @file
/// @brief Puts a Linux kernel into guest memory by the 64-bit boot protocol.
/// @chapter boot-linux
#include "vmm/linux_boot.h"

#include <algorithm>

#include "vmm/failure.h"
#include "vmm/start_state.h"

namespace vmm {
namespace {

constexpr std::uint64_t kEntryOffset = 0x200;  ///< of the 64-bit entry in the protected-mode part
constexpr std::uint8_t kUnknownLoader = 0xff;
constexpr std::uint64_t kInitialFlags = 0x2;
constexpr std::uint32_t kTypeRam = 1;
constexpr std::uint32_t kTypeReserved = 2;

std::string mebibytes(std::uint64_t bytes) { return std::to_string((bytes + kMiB - 1) / kMiB) + "M"; }

/// Where memory below the hole ends: kernel and initramfs are placed below it.
GuestPhys low_end(std::uint64_t memory) { return std::min(GuestPhys(memory), kDeviceHole); }

Extent place_initramfs(const LinuxGuest& guest, GuestPhys kernel_end) {
    if (guest.initramfs == nullptr) return {};
    const std::uint64_t size = guest.initramfs->size();
    const GuestPhys highest{std::uint64_t{guest.kernel.header().initrd_addr_max} + 1};
    const GuestPhys end = std::min(low_end(guest.memory), highest);
    if (end < kernel_end || end - kernel_end < size + kPageSize) {
        throw Failure("the initramfs " + guest.initramfs->path() + " (" + mebibytes(size) + ") does not fit into " +
                      mebibytes(guest.memory) + " of memory next to the kernel; give --memory " +
                      mebibytes(kernel_end.value + size + kMiB) + " or more");
    }
    const GuestPhys start{(end.value - size) & ~(kPageSize - 1)};
    return {start, start + size};
}

void add_e820(boot_params& params, const Extent& extent, std::uint32_t type) {
    params.e820_table[params.e820_entries++] = {extent.start.value, extent.size(), type};
}

boot_params make_boot_params(const LinuxGuest& guest, const LinuxPlacement& placement, GuestPhys rsdp) {
    boot_params params{};
    params.hdr = guest.kernel.header();
    params.hdr.type_of_loader = kUnknownLoader;
    params.hdr.loadflags |= LOADED_HIGH;
    params.hdr.cmd_line_ptr = static_cast<std::uint32_t>(kCommandLine.value);
    params.hdr.ramdisk_image = static_cast<std::uint32_t>(placement.initramfs.start.value);
    params.hdr.ramdisk_size = static_cast<std::uint32_t>(placement.initramfs.size());
    params.acpi_rsdp_addr = rsdp.value;
    for (const Extent& extent : usable_extents(guest.memory)) add_e820(params, extent, kTypeRam);
    add_e820(params, {kFirmwareStart, kHighMemoryStart}, kTypeReserved);
    return params;
}

void load_part(const File& file, std::uint64_t offset, const Extent& to, const GuestMemory& memory) {
    if (!memory.read_file(to.start, file.descriptor(), offset, to.size())) {
        throw Failure("cannot read all of " + file.path() + "; check the file");
    }
}

}  // namespace

LinuxPlacement place_linux(const LinuxGuest& guest) {
    const setup_header& header = guest.kernel.header();
    const GuestPhys start{header.pref_address};
    const std::uint64_t size = std::max<std::uint64_t>(header.init_size, guest.kernel.payload_size());
    const GuestPhys end = low_end(guest.memory);
    if (start >= end || end - start < size) {
        throw Failure(mebibytes(guest.memory) + " of memory is too little for " + guest.kernel.file().path() +
                      "; give --memory " + mebibytes(start.value + size) + " or more");
    }
    if (start < kHighMemoryStart)
        throw Failure(guest.kernel.file().path() + " wants to be loaded below 1 MiB; its header is damaged");
    if (guest.command_line.size() > header.cmdline_size) {
        throw Failure("the command line has " + std::to_string(guest.command_line.size()) +
                      " bytes and this kernel takes " + std::to_string(header.cmdline_size) + "; shorten --append");
    }
    return {{start, start + size}, place_initramfs(guest, start + size)};
}

void load_linux(const LinuxGuest& guest, const LinuxPlacement& placement, GuestPhys rsdp, const GuestMemory& memory,
                abi::RingV& state) {
    const GuestPhys start = placement.kernel.start;
    load_part(guest.kernel.file(), guest.kernel.payload_offset(), {start, start + guest.kernel.payload_size()}, memory);
    if (guest.initramfs != nullptr) load_part(*guest.initramfs, 0, placement.initramfs, memory);

    const std::string& text = guest.command_line;
    memory.write(kCommandLine, std::as_bytes(std::span(text.c_str(), text.size() + 1)));
    memory.store(kBootParams, make_boot_params(guest, placement, rsdp));
    write_boot_tables(memory);

    state.general = {};
    state.general.rip = start.value + kEntryOffset;
    state.general.rsi = kBootParams.value;
    state.general.rflags = kInitialFlags;
    state.system = long_mode_registers();
    state.load_system = abi::LoadSystem::Reset;
}

}  // namespace vmm
