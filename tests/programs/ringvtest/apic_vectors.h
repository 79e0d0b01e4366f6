// SPDX-License-Identifier: MIT
/// @file
/// @brief The x2APIC's registers as test vectors, the same for the kernel's code on this machine and for guests on any processor.
/// @chapter testing
#pragma once

#include <cstdint>

namespace apic_vectors {

/// One register by its MSR: its value after reset, and the bits that can be written (0: read-only). All others do not exist.
struct Register {
    std::uint32_t msr;
    std::uint64_t reset;  ///< of the APIC with identifier 0
    std::uint64_t writable;
    std::uint64_t ignored = 0;  ///< may be given, but are only read: the delivery status, and a LINT's remote IRR
};

/// @sdm{x2APIC Register Address Space, table 10-6} and the figures of each register.
inline constexpr Register kRegisters[] = {
    {0x802, 0, 0},                      // ID
    {0x803, 0x50014, 0},                // version
    {0x808, 0, 0xff},                   // TPR
    {0x80a, 0, 0},                      // PPR
    {0x80d, 1, 0},                      // LDR
    {0x80f, 0xff, 0x3ff},               // SVR
    {0x828, 0, 0},                      // ESR: only 0 may be written
    {0x832, 0x10000, 0x700ff, 0x1000},  // LVT timer
    {0x833, 0x10000, 0x107ff, 0x1000},  // thermal sensor
    {0x834, 0x10000, 0x107ff, 0x1000},  // performance counters
    {0x835, 0x10000, 0x1a7ff, 0x5000},  // LINT0
    {0x836, 0x10000, 0x1a7ff, 0x5000},  // LINT1
    {0x837, 0x10000, 0x100ff, 0x1000},  // error
    {0x838, 0, 0xffffffff},             // initial count
    {0x839, 0, 0},                      // current count
    {0x83e, 0, 0xb},                    // divide
};
/// ISR, TMR and IRR: 24 registers, read-only.
inline constexpr std::uint32_t kFirstVectors = 0x810, kLastVectors = 0x827;
/// The same registers by their place in memory, in xAPIC mode, where every write is taken and changes what it may: the value after
/// reset, and the bits that change. All others read as zero.
struct Place {
    std::uint32_t offset;
    std::uint32_t reset;  ///< of the APIC with identifier 0
    std::uint32_t writable;
};
/// @sdm{Local APIC Register Address Map, table 10-1}
inline constexpr Place kPlaces[] = {
    {0x020, 0, 0},                    // ID
    {0x030, 0x50014, 0},              // version
    {0x080, 0, 0xff},                 // TPR
    {0x0d0, 0, 0xff000000},           // LDR
    {0x0e0, 0xffffffff, 0xf0000000},  // DFR
    {0x0f0, 0xff, 0x3ff},             // SVR
    {0x310, 0, 0xff000000},           // ICR, the destination
    {0x320, 0x10000, 0x700ff},        // LVT timer
    {0x330, 0x10000, 0x107ff},        // thermal sensor
    {0x340, 0x10000, 0x107ff},        // performance counters
    {0x350, 0x10000, 0x1a7ff},        // LINT0
    {0x360, 0x10000, 0x1a7ff},        // LINT1
    {0x370, 0x10000, 0x100ff},        // error
    {0x380, 0, 0xffffffff},           // initial count
    {0x3e0, 0, 0xb},                  // divide
};
/// Those that cannot be tried bit by bit: ICR's low half sends, the current count runs.
inline constexpr std::uint32_t kIcrPlace = 0x300, kCurrentCountPlace = 0x390;
/// What stands at `offset` after reset, and what of it a write changes.
inline Place place_at(std::uint32_t offset) {
    for (const Place& place : kPlaces) {
        if (place.offset == offset) return place;
    }
    return {offset, 0, 0};
}

/// IA32_APIC_BASE of the boot processor in the three modes, and one that is none.
inline constexpr std::uint64_t kDisabled = 0xfee00100, kXApic = 0xfee00900, kX2Apic = 0xfee00d00, kNoMode = 0xfee00500;
/// Which may be written over which. @sdm{x2APIC State Transitions, 10.12.5}
struct Transition {
    std::uint64_t from, to;
    bool allowed;
};
inline constexpr Transition kTransitions[] = {
    {kX2Apic, kX2Apic, true},         {kX2Apic, kXApic, false},
    {kX2Apic, kNoMode, false},        {kX2Apic, kDisabled, true},
    {kDisabled, kX2Apic, false},      {kDisabled, kNoMode, false},
    {kDisabled, kDisabled, true},     {kDisabled, kXApic, true},
    {kXApic, kNoMode, false},         {kXApic, kXApic, true},
    {kXApic, kXApic | 1, false},      {kXApic, kXApic ^ 1 << 8, false},
    {kXApic, kXApic + 0x1000, false}, {kXApic, kXApic | 1ULL << 40, false},
    {kXApic, kDisabled, true},        {kDisabled, kXApic, true},
    {kXApic, kX2Apic, true},
};

/// The ICR has no simple rule, EOI and self-IPI are only written.
inline constexpr std::uint32_t kIcr = 0x830, kEoi = 0x80b, kSelfIpi = 0x83f, kSvr = 0x80f, kTpr = 0x808;

/// The register behind `msr`; null: there is none that can be read.
inline const Register* find(std::uint32_t msr) {
    static constexpr Register kNoBits{0, 0, 0};
    if (msr >= kFirstVectors && msr <= kLastVectors) return &kNoBits;
    for (const Register& candidate : kRegisters) {
        if (candidate.msr == msr) return &candidate;
    }
    return nullptr;
}

}  // namespace apic_vectors
