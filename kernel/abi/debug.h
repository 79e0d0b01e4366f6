// SPDX-License-Identifier: MIT
/// @file
/// @brief What a debugger reads of a running kernel: one versioned block, found by the symbol `twain_debug`.
/// @chapter observability
///
/// All pointers are physical addresses unless the name says otherwise, so that a reader needs no walk to follow them. The
/// kernel writes; a reader takes 8-byte loads and checks sequence numbers.
#pragma once

#include <cstdint>

namespace abi {

/// What made the kernel look at an address.
enum class TraceCause : std::uint8_t { Ring3 = 0, RingV = 1, Kernel = 2 };

/// What else than a fault a record may be of, as its `resolution`: a page became 512 smaller ones, or one of 512.
inline constexpr std::uint8_t kTraceSplit = 6, kTraceMerged = 7;

/// One resolved fault, or one change of a page's size, with both entries of the pair before and after.
struct TraceRecord {
    std::uint64_t sequence;  ///< counts from 1; 0: being written; written last, so that a torn record shows
    std::uint64_t time_ns;   ///< since boot
    std::uint16_t core;
    std::uint8_t level_after;  ///< of the entry that stands there now: the page size chosen
    std::uint8_t reserved;
    std::uint32_t thread;  ///< Linux's tid; 0 for a kernel thread
    TraceCause cause;
    std::uint8_t access;          ///< 0 read, 1 write, 2 execute
    std::uint8_t level;           ///< of the entry that was found there: 1 = 4 KiB, 2 = 2 MiB, 3 = 1 GiB
    std::uint8_t resolution;      ///< as AddressSpace's Resolution; kTraceSplit, kTraceMerged
    std::uint32_t root_page;      ///< which tree: the root pair's physical address divided by 4096
    std::uint64_t address;        ///< virtual, and guest-physical where the cause is RingV
    std::uint64_t guest_virtual;  ///< where known, else 0
    std::uint64_t host_before, nested_before;
    std::uint64_t host_after, nested_after;
};
static_assert(sizeof(TraceRecord) == 80);

inline constexpr std::uint32_t kTraceRecords = 65536;

/// One process, for walking its pairs from outside. `root` 0: a free place.
struct DebugProcess {
    std::uint64_t root;   ///< physical address of the root pair: host half at +0, nested half at +4096
    std::uint64_t image;  ///< what the loader added to every address of its program's file
    std::uint32_t pid;
    std::uint32_t reserved;
    char name[16];
};
static_assert(sizeof(DebugProcess) == 40);

/// One vCPU. `control_block` 0: a free place.
struct DebugVcpu {
    std::uint64_t control_block;  ///< VMCB or VMCS
    std::uint64_t registers;      ///< abi::GeneralRegisters; stale while `in_guest` is 1
    std::uint64_t apic_page;      ///< the virtual-APIC page
    std::uint32_t thread;         ///< the tid of its thread
    std::uint32_t in_guest;       ///< 1 from just before VMRUN or VMRESUME until the exit
};
static_assert(sizeof(DebugVcpu) == 32);

/// A VMCS as VMREAD reads it, while the kernel's own stub holds the machine: memory does not show its fields. The values stand
/// behind this head, in the order of x86/vmcs_fields.h.
struct DebugVmcs {
    std::uint64_t control_block;  ///< of the vCPU that they are of; 0: they are not known
};

inline constexpr std::uint64_t kDebugMagic = 0x31475542'4e495754;  // "TWINBUG1"
inline constexpr std::uint32_t kDebugVersion = 4;
inline constexpr std::uint32_t kDebugProcesses = 256;
inline constexpr std::uint32_t kDebugVcpus = 64;
inline constexpr std::uint32_t kBuildIdBytes = 20;

/// The block itself.
struct DebugBlock {
    std::uint64_t magic;
    std::uint32_t version;
    std::uint32_t nested_format;  ///< 0 NPT, 1 EPT
    std::uint64_t trace;          ///< TraceRecord[trace_records], sequence s at index (s - 1) % trace_records
    std::uint32_t trace_records;
    std::uint32_t trace_record_bytes;
    std::uint64_t trace_next;     ///< the sequence number that the next record gets
    std::uint64_t fault_wait_ns;  ///< a debugger writes here how long the kernel waits after each fault of a guest
    DebugProcess processes[kDebugProcesses];
    DebugVcpu vcpus[kDebugVcpus];
    std::uint64_t vmcs;                    ///< DebugVmcs and values, one after another; 0: none
    std::uint32_t vmcs_places;             ///< how many
    std::uint32_t vmcs_field_count;        ///< values behind each head
    std::uint8_t build_id[kBuildIdBytes];  ///< of the kernel's file, GNU's note: whether a debugger's symbols are these
    std::uint32_t reserved;
};

}  // namespace abi
