// SPDX-License-Identifier: MIT
/// @file
/// @brief Writes the block that debuggers read.
/// @chapter observability
#include "trace/trace.h"

#include <algorithm>
#include <atomic>

#include "lib/check.h"
#include "lib/string.h"
#include "x86/instructions.h"

extern "C" {
constinit abi::DebugBlock twain_debug{};
}

constinit trace::OriginSource trace::origin_source = nullptr;

namespace {

constinit abi::TraceRecord* ring = nullptr;
constinit std::atomic<u64> last_turn{0};  ///< when the last fault that was slowed down was let go, since boot

/// Claims the first place whose `key` member is 0 by writing `value` there.
template <class Place, usize N>
Place* claim(Place (&places)[N], u64 Place::*key, u64 value) {
    for (Place& place : places) {
        u64 free = 0;
        if (std::atomic_ref<u64>(place.*key).compare_exchange_strong(free, value)) return &place;
    }
    return nullptr;
}

}  // namespace

void trace::init(abi::TraceRecord* records, PhysAddr physical, std::span<const u8, abi::kBuildIdBytes> build_id) {
    ring = records;
    twain_debug.trace_records = abi::kTraceRecords;
    twain_debug.trace_record_bytes = sizeof(abi::TraceRecord);
    twain_debug.trace = physical.raw;
    twain_debug.trace_next = 1;
    memcpy(twain_debug.build_id, build_id.data(), build_id.size());
    twain_debug.version = abi::kDebugVersion;
    twain_debug.magic = abi::kDebugMagic;
}

void trace::record(const abi::TraceRecord& record) {
    if (!ring) return;
    const u64 sequence = std::atomic_ref<u64>(twain_debug.trace_next).fetch_add(1, std::memory_order_relaxed);
    abi::TraceRecord& place = ring[(sequence - 1) % abi::kTraceRecords];
    // A reader that finds the same sequence number before and after its copy has a whole record.
    std::atomic_ref<u64>(place.sequence).store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    place = record;
    place.sequence = 0;
    const Origin origin = origin_source();
    place.time_ns = origin.time_ns;
    place.core = static_cast<decltype(place.core)>(origin.core);
    place.thread = origin.thread;
    std::atomic_ref<u64>(place.sequence).store(sequence, std::memory_order_release);
}

void trace::pace() {
    constexpr u64 kLongest = 1'000'000'000;
    const u64 wait = std::atomic_ref<u64>(twain_debug.fault_wait_ns).load(std::memory_order_relaxed);
    if (wait == 0) return;
    // Every fault gets a turn of its own, `wait` behind the one before, whichever vCPU had that. What a guest took for itself
    // counts as waiting; a turn that nobody wanted is gone.
    const u64 now = origin_source().time_ns;
    u64 before = last_turn.load(std::memory_order_relaxed), turn = 0;
    do {
        turn = std::max(now, before + std::min(wait, kLongest));
    } while (!last_turn.compare_exchange_weak(before, turn, std::memory_order_relaxed));
    while (origin_source().time_ns < turn) x86::pause();
}

trace::ProcessEntry::~ProcessEntry() {
    if (entry_) std::atomic_ref<u64>(entry_->root).store(0, std::memory_order_release);
}

void trace::ProcessEntry::set(u32 pid, PhysAddr root, std::string_view name) {
    if (!entry_) entry_ = claim(twain_debug.processes, &abi::DebugProcess::root, root.raw);
    if (!entry_) return;
    std::atomic_ref<u64>(entry_->root).store(root.raw, std::memory_order_release);
    entry_->pid = pid;
    const usize length = std::min(name.size(), sizeof(entry_->name) - 1);
    memset(entry_->name, 0, sizeof(entry_->name));
    memcpy(entry_->name, name.data(), length);
}

trace::VcpuEntry::~VcpuEntry() {
    if (entry_) std::atomic_ref<u64>(entry_->control_block).store(0, std::memory_order_release);
}

void trace::VcpuEntry::set(u32 thread, PhysAddr control_block, PhysAddr registers, PhysAddr apic_page) {
    if (!entry_) entry_ = claim(twain_debug.vcpus, &abi::DebugVcpu::control_block, control_block.raw);
    if (!entry_) return;
    entry_->registers = registers.raw;
    entry_->apic_page = apic_page.raw;
    entry_->thread = thread;
}
