// SPDX-License-Identifier: MIT
/// @file
/// @brief The ACPI tables that tell the guest what its machine has.
/// @chapter vmm
#include "vmm/acpi.h"

#include <cstring>
#include <vector>

#include "dsdt.hex"
#include "fadt.hex"
#include "madt.hex"
#include "rsdp.hex"
#include "xsdt.hex"

namespace vmm {
namespace {

// Where the tables stand; their sources in vmm/acpi/ point at each other by these addresses.
constexpr GuestPhys kRsdp{0xe0000};
constexpr GuestPhys kXsdt{0xe0100};
constexpr GuestPhys kFadt{0xe0200};
constexpr GuestPhys kDsdt{0xe0400};
constexpr GuestPhys kMadt{0xe1000};

// In the header of every table.
constexpr std::size_t kLength = 4;
constexpr std::size_t kChecksum = 9;

/// A processor's entry in the MADT.
/// @spec{ACPI 6.4, Processor Local APIC Structure, 5.2.12.2}
struct ProcessorApic {
    std::uint8_t type = 0;
    std::uint8_t length = 8;
    std::uint8_t processor;
    std::uint8_t apic;
    std::uint32_t flags = 1;  ///< enabled
};
static_assert(sizeof(ProcessorApic) == 8);

/// The MADT of iasl with the processors behind it.
std::vector<std::byte> make_madt(unsigned vcpus) {
    const auto start = std::as_bytes(std::span(madt_aml_code));
    std::vector<std::byte> table(start.begin(), start.end());
    for (unsigned i = 0; i < vcpus; ++i) {
        const auto number = static_cast<std::uint8_t>(i);
        const ProcessorApic entry{.processor = number, .apic = number};
        const auto bytes = std::as_bytes(std::span(&entry, 1));
        table.insert(table.end(), bytes.begin(), bytes.end());
    }
    const auto length = static_cast<std::uint32_t>(table.size());
    std::memcpy(table.data() + kLength, &length, sizeof length);
    // All bytes of a table add up to 0.
    table[kChecksum] = {};
    unsigned sum = 0;
    for (const std::byte byte : table) sum += std::to_integer<unsigned>(byte);
    table[kChecksum] = static_cast<std::byte>(0U - sum);
    return table;
}

}  // namespace

GuestPhys write_acpi_tables(const GuestMemory& memory, unsigned vcpus) {
    memory.write(kXsdt, std::as_bytes(std::span(xsdt_aml_code)));
    memory.write(kFadt, std::as_bytes(std::span(fadt_aml_code)));
    memory.write(kDsdt, std::as_bytes(std::span(dsdt_aml_code)));
    memory.write(kMadt, make_madt(vcpus));
    memory.write(kRsdp, std::as_bytes(std::span(rsdp_aml_code)));
    return kRsdp;
}

}  // namespace vmm
