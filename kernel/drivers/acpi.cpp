// SPDX-License-Identifier: MIT
/// @file
/// @brief Finds and reads MADT, FADT and the _S5_ package.
/// @chapter booting
#include "drivers/acpi.h"

#include <string_view>

#include "lib/string.h"
#include "mm/frames.h"

namespace {

constinit AcpiFacts facts;

/// @spec{ACPI, System Description Table Header, 5.2.6}
struct [[gnu::packed]] Header {
    char signature[4];
    u32 bytes;
    u8 revision, checksum;
    char oem[6 + 8];
    u32 oem_revision, creator, creator_revision;
};
static_assert(sizeof(Header) == 36);

/// @spec{ACPI, Root System Description Pointer (RSDP), 5.2.5}
struct [[gnu::packed]] Rsdp {
    char signature[8];
    u8 checksum;
    char oem[6];
    u8 revision;
    u32 rsdt;
    u32 bytes;
    u64 xsdt;
};

/// @spec{ACPI, Fixed ACPI Description Table (FADT), 5.2.9}
struct [[gnu::packed]] Fadt {
    Header header;
    u32 firmware_control, dsdt;
    u8 ignored0[64 - 44];
    u32 pm1a_control, pm1b_control;
    u8 ignored1[116 - 72];
    u8 reset_register[12];  ///< a generic address: space, width, offset, access, address
    u8 reset_value;
};
static_assert(offsetof(Fadt, pm1a_control) == 64 && offsetof(Fadt, reset_register) == 116);
constexpr u8 kSpaceIo = 1;

template <class T>
const T* at(u64 physical) {
    return static_cast<const T*>(frames::virt_from_phys(PhysAddr(physical)));
}

/// Unaligned numbers inside tables.
template <class T>
T load(const u8* place) {
    T value;
    memcpy(&value, place, sizeof(T));
    return value;
}

bool sums_to_zero(const void* bytes, usize count) {
    u8 sum = 0;
    for (usize i = 0; i < count; ++i) sum = static_cast<u8>(sum + static_cast<const u8*>(bytes)[i]);
    return sum == 0;
}

/// The table if its length and checksum are right, else null.
const Header* checked(u64 physical) {
    if (physical == 0) return nullptr;
    const auto* header = at<Header>(physical);
    const bool sane = header->bytes >= sizeof(Header) && header->bytes < kMiB;
    return sane && sums_to_zero(header, header->bytes) ? header : nullptr;
}

/// @spec{ACPI, Multiple APIC Description Table (MADT), 5.2.12}
void read_madt(const Header& madt) {
    const auto* bytes = reinterpret_cast<const u8*>(&madt);
    facts.local_apic = PhysAddr(load<u32>(bytes + 36));
    for (usize i = 0; i < 16; ++i) facts.isa[i] = {static_cast<u32>(i), false, false};
    for (u32 offset = 44; offset + 2 <= madt.bytes && bytes[offset + 1] >= 2; offset += bytes[offset + 1]) {
        const u8* entry = bytes + offset;
        constexpr u8 kLocalApic = 0, kIoApic = 1, kInterruptSourceOverride = 2;
        if (entry[0] == kLocalApic && (load<u32>(entry + 4) & 1) && facts.cores < AcpiFacts::kMaxCores) {
            facts.core_apic_id[facts.cores++] = entry[3];
        }
        if (entry[0] == kIoApic && load<u32>(entry + 8) == 0) {
            facts.io_apic = PhysAddr(load<u32>(entry + 4));
        } else if (entry[0] == kInterruptSourceOverride && entry[3] < 16) {
            const u16 flags = load<u16>(entry + 8);
            facts.isa[entry[3]] = {load<u32>(entry + 4), (flags >> 2 & 3) == 3, (flags & 3) == 3};
        }
    }
}

/// SLP_TYP values stand in AML as `Name (_S5, Package () {a, b, ...})`: a name, 0x12, a length, a count, then each number
/// as a byte with prefix 0x0a, or as 0x00 or 0x01 alone. @spec{ACPI, \_S5, 7.4.2.6, and AML Package, 20.2.5.4}
void read_soft_off(const Header& dsdt) {
    const std::string_view aml(reinterpret_cast<const char*>(&dsdt), dsdt.bytes);
    const usize name = aml.find("_S5_\x12");
    if (name == aml.npos) return;
    // The name may be the last one in the table: what lies beyond it reads as 0.
    const auto byte = [aml](usize at) { return at < aml.size() ? static_cast<u8>(aml[at]) : u8{}; };
    usize at = name + 5;
    at += (byte(at) >> 6) + 2U;
    const auto next = [&] {
        if (byte(at) == 0x0a) ++at;
        return static_cast<u16>(byte(at++));
    };
    facts.sleep_type_a = next();
    facts.sleep_type_b = next();
    facts.has_soft_off = true;
}

void read_fadt(const Header& header) {
    const auto& fadt = reinterpret_cast<const Fadt&>(header);
    if (header.bytes < offsetof(Fadt, ignored1)) return;
    facts.pm1a_control = static_cast<u16>(fadt.pm1a_control);
    facts.pm1b_control = static_cast<u16>(fadt.pm1b_control);
    if (header.bytes >= sizeof(Fadt) && fadt.reset_register[0] == kSpaceIo) {
        facts.reset_port = static_cast<u16>(load<u64>(fadt.reset_register + 4));
        facts.reset_value = fadt.reset_value;
    }
    if (const Header* dsdt = checked(fadt.dsdt)) read_soft_off(*dsdt);
}

void read_table(u64 physical) {
    const Header* table = checked(physical);
    if (!table) return;
    const std::string_view signature(table->signature, 4);
    if (signature == "APIC") read_madt(*table);
    if (signature == "FACP") read_fadt(*table);
}

/// Without a pointer from the loader: the firmware's area, in steps of 16 bytes.
u64 search_rsdp() {
    for (u64 place = 0xe0000; place < 0x100000; place += 16) {
        if (std::string_view(at<char>(place), 8) == "RSD PTR " && sums_to_zero(at<u8>(place), 20)) return place;
    }
    return 0;
}

}  // namespace

const AcpiFacts& acpi_facts() { return facts; }

const AcpiFacts& read_acpi(PhysAddr given) {
    for (usize i = 0; i < 16; ++i) facts.isa[i] = {static_cast<u32>(i), false, false};
    const u64 place = given.raw ? given.raw : search_rsdp();
    if (place == 0) return facts;
    const auto& rsdp = *at<Rsdp>(place);
    const bool wide = rsdp.revision >= 2 && rsdp.xsdt != 0;
    const Header* root = checked(wide ? rsdp.xsdt : rsdp.rsdt);
    if (!root) return facts;
    const auto* entries = reinterpret_cast<const u8*>(root + 1);
    const usize entry_bytes = wide ? 8 : 4;
    for (usize i = 0; i < (root->bytes - sizeof(Header)) / entry_bytes; ++i) {
        read_table(wide ? load<u64>(entries + i * 8) : load<u32>(entries + i * 4));
    }
    return facts;
}
