// SPDX-License-Identifier: MIT
/// @file
/// @brief The kernel's side of what a debugger reads: the trace ring and the lists of processes and vCPUs.
/// @chapter observability
#pragma once

#include <span>
#include <string_view>

#include "abi/debug.h"
#include "lib/types.h"

extern "C" abi::DebugBlock twain_debug;

namespace trace {

/// Takes over cleared memory for abi::kTraceRecords records. Called once; records before are dropped. `build_id` is the kernel's.
void init(abi::TraceRecord* records, PhysAddr physical, std::span<const u8, abi::kBuildIdBytes> build_id);

/// Where a record comes from; told by those above, who set the source before `init`.
struct Origin {
    u64 time_ns;  ///< since boot
    u32 core;
    u32 thread;
};
using OriginSource = Origin (*)();
extern OriginSource origin_source;

/// Appends a record; fills in its sequence number, time, core and thread. A few dozen instructions, never waits.
void record(const abi::TraceRecord& record);

/// After a fault of a guest, with no lock held: waits for as long as a debugger wants to have time to look, at most a second.
void pace();

/// The place of a process in the block, for as long as it lives; none when the block is full (the process just is not seen).
class ProcessEntry {
   public:
    ProcessEntry() = default;
    ~ProcessEntry();
    ProcessEntry(const ProcessEntry&) = delete;
    ProcessEntry& operator=(const ProcessEntry&) = delete;
    /// (Re)writes the entry: at fork, at exec, when the name changes.
    void set(u32 pid, PhysAddr root, std::string_view name);
    /// Where the program was loaded: what was added to its file's addresses. Of an entry that is set.
    void set_image(u64 bias) {
        if (entry_) entry_->image = bias;
    }
    u64 image() const { return entry_ ? entry_->image : 0; }

   private:
    abi::DebugProcess* entry_ = nullptr;
};

/// The place of a vCPU in the block.
class VcpuEntry {
   public:
    VcpuEntry() = default;
    ~VcpuEntry();
    VcpuEntry(const VcpuEntry&) = delete;
    VcpuEntry& operator=(const VcpuEntry&) = delete;
    void set(u32 thread, PhysAddr control_block, PhysAddr registers, PhysAddr apic_page);
    void set_in_guest(bool inside) {
        if (entry_) entry_->in_guest = inside;
    }

   private:
    abi::DebugVcpu* entry_ = nullptr;
};

}  // namespace trace
