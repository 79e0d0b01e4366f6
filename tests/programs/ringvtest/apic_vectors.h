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
};

/// @sdm{x2APIC Register Address Space, table 10-6} and the figures of each register.
inline constexpr Register kRegisters[] = {
    {0x802, 0, 0},              // ID
    {0x803, 0x50014, 0},        // version
    {0x808, 0, 0xff},           // TPR
    {0x80a, 0, 0},              // PPR
    {0x80d, 1, 0},              // LDR
    {0x80f, 0xff, 0x3ff},       // SVR
    {0x828, 0, 0},              // ESR: only 0 may be written
    {0x832, 0x10000, 0x710ff},  // LVT timer
    {0x833, 0x10000, 0x117ff},  // thermal sensor
    {0x834, 0x10000, 0x117ff},  // performance counters
    {0x835, 0x10000, 0x1f7ff},  // LINT0
    {0x836, 0x10000, 0x1f7ff},  // LINT1
    {0x837, 0x10000, 0x110ff},  // error
    {0x838, 0, 0xffffffff},     // initial count
    {0x839, 0, 0},              // current count
    {0x83e, 0, 0xb},            // divide
};
/// ISR, TMR and IRR: 24 registers, read-only.
inline constexpr std::uint32_t kFirstVectors = 0x810, kLastVectors = 0x827;
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
