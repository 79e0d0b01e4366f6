// SPDX-License-Identifier: MIT
/// @file
/// @brief What ps, top, free, mount and uptime read of the system.
/// @chapter proc-files
#include "syscall/system_files.h"

#include "fs/procfs.h"
#include "proc/process_tree.h"
#include "sched/scheduler.h"
#include "syscall/fs_calls.h"
#include "syscall/time_convert.h"
#include "x86/cpu.h"
#include "x86/instructions.h"

namespace {

constinit std::string_view boot_command_line;

constexpr u64 kNsPerHundredth = 10'000'000;

/// "12.34".
void print_seconds(Sink& sink, u64 ns) {
    const u64 hundredths = ns / kNsPerHundredth;
    print(sink, hundredths / 100, '.', char('0' + hundredths / 10 % 10), char('0' + hundredths % 10));
}

Result<void> print_command_line(Sink& sink) {
    print(sink, boot_command_line, '\n');
    return {};
}

Result<void> print_uptime(Sink& sink) {
    print_seconds(sink, Clock::now().ns);
    put(sink, ' ');
    print_seconds(sink, sched::idle_time_ns());
    put(sink, '\n');
    return {};
}

Result<void> print_version(Sink& sink) {
    print(sink, "Twain version 6.1.0-twain (g++) #1 SMP PREEMPT\n");
    return {};
}

Result<void> print_filesystems(Sink& sink) {
    print(sink, "nodev\tproc\nnodev\ttmpfs\nnodev\tramfs\nnodev\tdevtmpfs\n");
    return {};
}

Result<void> print_mounts(Sink& sink) {
    mounts::print(sink, current_fs().root());
    return {};
}

Result<void> print_memory(Sink& sink) {
    const auto line = [&](std::string_view name, u64 bytes) { print(sink, name, Padded{bytes / kKiB, 15}, " kB\n"); };
    const u64 free = frames::free_bytes();
    line("MemTotal: ", frames::total_bytes());
    line("MemFree:  ", free);
    line("MemAvailable:", free);
    for (const char* none :
         {"Buffers:  ", "Cached:   ", "SwapCached:", "Shmem:    ", "SReclaimable:", "SwapTotal:", "SwapFree: "}) {
        line(none, 0);
    }
    return {};
}

/// Nobody counts load here: how many threads run, how many processes there are, and the last number that was given out.
Result<void> print_load(Sink& sink) {
    u32 last = 0;
    {
        TreeGuard tree;
        for (Process* process = processes::first(tree); process; process = processes::next(tree, *process)) {
            last = process->pid > last ? process->pid : last;
        }
    }
    print(sink, "0.00 0.00 0.00 1/", processes::count(), ' ', last, '\n');
    return {};
}

/// All time that was not idle counts as the users'.
Result<void> print_statistics(Sink& sink) {
    const u64 now = Clock::now().ns / kNsPerHundredth;
    const auto put_line = [&](u64 time, u64 idle) {
        print(sink, ' ', time > idle ? time - idle : 0, " 0 0 ", idle, " 0 0 0 0 0 0\n");
    };
    u64 cores = 0, idle_in_all = 0;
    for_each_core([&](const Cpu& core) { ++cores, idle_in_all += core.scheduler->idle_ns() / kNsPerHundredth; });
    put(sink, "cpu ");
    put_line(now * cores, idle_in_all);
    for_each_core([&](const Cpu& core) {
        print(sink, "cpu", core.index);
        put_line(now, core.scheduler->idle_ns() / kNsPerHundredth);
    });
    print(sink, "intr 0\nctxt 0\nbtime ", Clock::boot_time_of_day_ns() / kNsPerSecond, "\nprocesses ",
          processes::count());
    print(sink, "\nprocs_running 1\nprocs_blocked 0\n");
    return {};
}

/// CPUID's text: three registers of the vendor, twelve of the brand.
void put_registers(Sink& sink, std::initializer_list<u32> registers) {
    for (const u32 value : registers) {
        for (unsigned shift = 0; shift < 32; shift += 8) {
            const char c = static_cast<char>(value >> shift);
            if (c) put(sink, c);
        }
    }
}

void print_processor(Sink& sink, const Cpu& core) {
    const auto vendor = x86::cpuid(0);
    const u32 signature = x86::cpuid(1).eax;
    print(sink, "processor\t: ", core.index, "\nvendor_id\t: ");
    put_registers(sink, {vendor.ebx, vendor.edx, vendor.ecx});
    print(sink, "\ncpu family\t: ", (signature >> 8 & 0xf) + (signature >> 20 & 0xff));
    print(sink, "\nmodel\t\t: ", (signature >> 4 & 0xf) | (signature >> 12 & 0xf0), "\nmodel name\t: ");
    for (u32 leaf = 0x8000'0002; leaf <= 0x8000'0004; ++leaf) {
        const auto part = x86::cpuid(leaf);
        put_registers(sink, {part.eax, part.ebx, part.ecx, part.edx});
    }
    print(sink, "\nstepping\t: ", signature & 0xf, "\ncpu MHz\t\t: ", Clock::tsc_hz() / 1'000'000, ".000\n\n");
}

/// The cores are alike; what CPUID says on this one is true for all.
Result<void> print_processors(Sink& sink) {
    for_each_core([&](const Cpu& core) { print_processor(sink, core); });
    return {};
}

constexpr ProcFile kFiles[] = {
    {"cmdline", print_command_line}, {"cpuinfo", print_processors}, {"filesystems", print_filesystems},
    {"loadavg", print_load},         {"meminfo", print_memory},     {"mounts", print_mounts},
    {"stat", print_statistics},      {"uptime", print_uptime},      {"version", print_version},
};

}  // namespace

void add_system_files(std::string_view command_line) {
    boot_command_line = command_line;
    procfs::add_files(kFiles);
}
