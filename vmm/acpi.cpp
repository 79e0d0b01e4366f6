// SPDX-License-Identifier: MIT
/// @file
/// @brief The ACPI tables that tell the guest what its machine has.
/// @chapter vmm
#include "vmm/acpi.h"

#include <cstring>
#include <numeric>
#include <vector>

#include "dsdt.hex"
#include "vmm/io_apic.h"
#include "vmm/memory_map.h"
#include "vmm/power.h"

namespace vmm {
namespace {

/// @spec{ACPI 6.4, Root System Description Pointer Structure, 5.2.5.3}
struct [[gnu::packed]] RootPointer {
    char signature[8];
    std::uint8_t checksum;  ///< of the first 20 bytes
    char oem_id[6];
    std::uint8_t revision;
    std::uint32_t rsdt;
    std::uint32_t length;
    std::uint64_t xsdt;
    std::uint8_t extended_checksum;  ///< of all bytes
    std::uint8_t reserved[3];
};
static_assert(sizeof(RootPointer) == 36);
constexpr std::size_t kRootPointerFirstPart = 20;

/// @spec{ACPI 6.4, Generic Address Structure, 5.2.3.2}
struct [[gnu::packed]] GenericAddress {
    std::uint8_t space;
    std::uint8_t bit_width;
    std::uint8_t bit_offset;
    std::uint8_t access_size;
    std::uint64_t address;
};

/// The FADT; what hardware-reduced ACPI ignores is `unused` and zero.
/// @spec{ACPI 6.4, Fixed ACPI Description Table, 5.2.9}
struct [[gnu::packed]] FixedDescription {
    AcpiHeader header;
    std::uint32_t firmware_control;
    std::uint32_t dsdt;
    std::uint8_t unused_registers[64];
    std::uint8_t century;  ///< CMOS index
    std::uint16_t boot_architecture;
    std::uint8_t reserved;
    std::uint32_t flags;
    GenericAddress reset_register;
    std::uint8_t reset_value;
    std::uint16_t arm_boot_architecture;
    std::uint8_t minor_version;
    std::uint64_t extended_firmware_control;
    std::uint64_t extended_dsdt;
    GenericAddress unused_blocks[8];
    GenericAddress sleep_control;
    GenericAddress sleep_status;
    std::uint64_t hypervisor;
};
static_assert(offsetof(FixedDescription, century) == 108 && offsetof(FixedDescription, reset_register) == 116);
static_assert(offsetof(FixedDescription, sleep_control) == 244 && sizeof(FixedDescription) == 276);

constexpr std::uint8_t kFadtRevision = 6;
constexpr std::uint8_t kCenturyIndex = 0x32;
constexpr std::uint16_t kLegacyDevices = 1 << 0;
constexpr std::uint16_t kNoVga = 1 << 2;
constexpr std::uint32_t kWbinvd = 1 << 0;
constexpr std::uint32_t kResetSupported = 1 << 10;
constexpr std::uint32_t kHardwareReduced = 1 << 20;

/// @spec{ACPI 6.4, Multiple APIC Description Table, 5.2.12}
struct [[gnu::packed]] ProcessorApic {
    std::uint8_t type = 0;
    std::uint8_t length = 8;
    std::uint8_t processor;
    std::uint8_t apic;
    std::uint32_t flags = 1;  ///< enabled
};
struct [[gnu::packed]] ProcessorX2Apic {
    std::uint8_t type = 9;
    std::uint8_t length = 16;
    std::uint16_t reserved = 0;
    std::uint32_t apic;
    std::uint32_t flags = 1;
    std::uint32_t processor;
};
struct [[gnu::packed]] IoApicEntry {
    std::uint8_t type = 1;
    std::uint8_t length = 12;
    std::uint8_t identifier = 0;
    std::uint8_t reserved = 0;
    std::uint32_t address = static_cast<std::uint32_t>(kIoApicBase.value);
    std::uint32_t first_interrupt = 0;
};
static_assert(sizeof(ProcessorApic) == 8 && sizeof(ProcessorX2Apic) == 16 && sizeof(IoApicEntry) == 12);
constexpr unsigned kApicIdentifiers = 255;  ///< that an 8-bit field can name

using Bytes = std::vector<std::byte>;

template <typename T>
void append(Bytes& table, const T& value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    table.insert(table.end(), bytes.begin(), bytes.end());
}

/// The byte that makes `bytes` add up to 0.
std::uint8_t checksum(std::span<const std::byte> bytes) {
    unsigned sum = 0;
    for (const std::byte byte : bytes) sum += std::to_integer<unsigned>(byte);
    return static_cast<std::uint8_t>(0U - sum);
}

AcpiHeader make_header(const char (&signature)[5], std::uint8_t revision) {
    AcpiHeader header{};
    std::memcpy(header.signature, signature, sizeof header.signature);
    header.revision = revision;
    std::memcpy(header.oem_id, "TWAIN ", sizeof header.oem_id);
    std::memcpy(header.oem_table_id, "GUEST   ", sizeof header.oem_table_id);
    std::memcpy(header.creator_id, "TWN ", sizeof header.creator_id);
    header.oem_revision = header.creator_revision = 1;
    return header;
}

/// Fills in length and checksum of a finished table.
Bytes sealed(Bytes table) {
    const auto length = static_cast<std::uint32_t>(table.size());
    std::memcpy(table.data() + offsetof(AcpiHeader, length), &length, sizeof length);
    table[offsetof(AcpiHeader, checksum)] = std::byte{checksum(table)};
    return table;
}

GenericAddress port(std::uint64_t number) { return {1, 8, 0, 1, number}; }

Bytes make_fadt(GuestPhys dsdt) {
    FixedDescription fadt{};
    fadt.header = make_header("FACP", kFadtRevision);
    fadt.dsdt = static_cast<std::uint32_t>(dsdt.value);
    fadt.extended_dsdt = dsdt.value;
    fadt.century = kCenturyIndex;
    fadt.boot_architecture = kLegacyDevices | kNoVga;
    fadt.flags = kWbinvd | kResetSupported | kHardwareReduced;
    fadt.reset_register = port(PowerControl::kBase + PowerControl::kReset);
    fadt.reset_value = PowerControl::kResetValue;
    fadt.sleep_control = port(PowerControl::kBase + PowerControl::kSleepControl);
    fadt.sleep_status = port(PowerControl::kBase + PowerControl::kSleepStatus);
    Bytes table;
    append(table, fadt);
    return sealed(table);
}

Bytes make_madt(unsigned vcpus) {
    Bytes table;
    append(table, make_header("APIC", 5));
    append(table, static_cast<std::uint32_t>(kLocalApicBase.value));
    append(table, std::uint32_t{0});  // no pair of 8259s
    for (unsigned i = 0; i < vcpus; ++i) {
        const auto small = static_cast<std::uint8_t>(i);
        if (i < kApicIdentifiers) {
            append(table, ProcessorApic{.processor = small, .apic = small});
        } else {
            append(table, ProcessorX2Apic{.apic = i, .processor = i});
        }
    }
    append(table, IoApicEntry{});
    return sealed(table);
}

Bytes make_xsdt(std::initializer_list<GuestPhys> tables) {
    Bytes table;
    append(table, make_header("XSDT", 1));
    for (const GuestPhys each : tables) append(table, each.value);
    return sealed(table);
}

RootPointer make_root_pointer(GuestPhys xsdt) {
    RootPointer root{};
    std::memcpy(root.signature, "RSD PTR ", sizeof root.signature);
    std::memcpy(root.oem_id, "TWAIN ", sizeof root.oem_id);
    root.revision = 2;
    root.length = sizeof root;
    root.xsdt = xsdt.value;
    const auto bytes = std::as_bytes(std::span(&root, 1));
    root.checksum = checksum(bytes.first(kRootPointerFirstPart));
    root.extended_checksum = checksum(bytes);
    return root;
}

}  // namespace

std::span<const std::byte> compiled_dsdt() { return std::as_bytes(std::span(dsdt_aml_code)); }

GuestPhys write_acpi_tables(const GuestMemory& memory, unsigned vcpus) {
    constexpr std::uint64_t kAlignment = 64;
    GuestPhys next = kAcpiStart + kAlignment;
    const auto put = [&](std::span<const std::byte> table) {
        const GuestPhys at = next;
        memory.write(at, table);
        next = GuestPhys((at.value + table.size() + kAlignment - 1) & ~(kAlignment - 1));
        return at;
    };
    const GuestPhys dsdt = put(compiled_dsdt());
    const GuestPhys fadt = put(make_fadt(dsdt));
    const GuestPhys madt = put(make_madt(vcpus));
    const GuestPhys xsdt = put(make_xsdt({fadt, madt}));
    memory.store(kAcpiStart, make_root_pointer(xsdt));
    return kAcpiStart;
}

}  // namespace vmm
