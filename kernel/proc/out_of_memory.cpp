// SPDX-License-Identifier: MIT
/// @file
/// @brief Choosing and ending a process for its memory.
/// @chapter frames
#include "proc/out_of_memory.h"

#include "lib/log.h"
#include "proc/exit.h"
#include "proc/process_tree.h"
#include "proc/signal_send.h"

namespace {

constexpr u64 kPatienceNs = 5'000'000;  // for a process to end and give its memory back
constexpr u32 kMaxWaits = 400;          // in a row of one thread: then nobody gives anything back

u64 memory_of(u32 pid) {
    const Ref<AddressSpace> space = processes::space_of(pid);
    if (!space) return 0;
    const AddressSpace::Usage usage = space->usage();
    return usage.resident_bytes + usage.pair_bytes;
}

/// The process with most memory, process 1 left out; none when there is no other.
Ref<Process> largest_process() {
    u32 largest = 0;
    u64 most = 0;
    for (u32 pid = processes::id_after(1); pid; pid = processes::id_after(pid)) {
        const u64 bytes = memory_of(pid);
        if (bytes > most) most = bytes, largest = pid;
    }
    return largest ? processes::get(largest) : Ref<Process>();
}

void end(Process& process, VirtAddr address) {
    auto signals = process.signals.lock();
    if (!signals->exiting) log("out of memory at ", address, ": process ", process.pid, " ended");
    begin_group_exit(process, *signals, wait_status_of_signal(kSigKill));
}

}  // namespace

void relieve_memory(VirtAddr address) {
    Task& task = current_task();
    if (task.process->signals.lock()->exiting) return;
    Ref<Process> victim = task.memory_waits < kMaxWaits ? largest_process() : task.process;
    if (!victim) victim = task.process;
    end(*victim, address);
    ++task.memory_waits;
    if (victim != task.process) Thread::park(Sleep::Uninterruptible, Clock::now().after(kPatienceNs));
}

void end_for_lack_of_memory(VirtAddr address) {
    Process& process = current_process();
    // Process 1 gets an error instead, like everybody else who asks too much of a system call.
    if (process.pid != 1) end(process, address);
}
