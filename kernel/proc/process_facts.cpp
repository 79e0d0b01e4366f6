// SPDX-License-Identifier: MIT
/// @file
/// @brief What is printed of a process: gathered under the locks, printed without them.
/// @chapter proc-files
#include "proc/process_facts.h"

#include "proc/process_tree.h"
#include "proc/signal_send.h"
#include "proc/usage.h"

namespace {

/// What a process is at one moment.
struct Facts {
    Ref<Process> process;
    Ref<AddressSpace> space;
    Ref<Terminal> terminal;
    char comm[16] = {};
    char state = 'Z';
    u32 parent = 0, group = 0, session = 0, threads = 0;
    SignalSet pending, blocked, ignored, caught;
    ResourceUse use, children_use;
    AddressSpace::Usage memory{};
    std::string_view name() const { return comm; }
};

char state_of(const Thread& thread, bool stopped) {
    if (stopped) return 'T';
    return thread.state() == Thread::State::Parked ? 'S' : 'R';
}

void gather_signals(Facts& facts) {
    auto signals = facts.process->signals.lock();
    facts.threads = signals->thread_count;
    facts.pending = signals->pending.set();
    for (TaskSignals& member : signals->threads) {
        // The first thread stands for the process, as long as it is there.
        if (facts.state != 'Z' && member.task->tid != facts.process->pid) continue;
        facts.state = state_of(*member.task, signals->stopped);
        facts.blocked = member.mask;
        memcpy(facts.comm, member.task->comm, sizeof(facts.comm));
    }
    for (int signal = 1; signal <= kSignals; ++signal) {
        const u64 handler = signals->action(signal).handler;
        if (handler == SignalAction::kIgnore) facts.ignored.add(signal);
        if (handler > SignalAction::kIgnore) facts.caught.add(signal);
    }
}

Result<Facts> facts_of(u32 pid) {
    Facts facts;
    {
        TreeGuard tree;
        facts.process = Ref<Process>(processes::find(tree, pid));
        if (!facts.process) return Error{ESRCH};
        Process& process = *facts.process;
        facts.space = process.space;
        facts.terminal = process.group->session->terminal;
        facts.parent = process.parent_id();
        facts.group = process.group_id();
        facts.session = process.session_id();
        facts.children_use = process.children_use;
        memcpy(facts.comm, process.name, sizeof(facts.comm));
        gather_signals(facts);
    }
    facts.use = use_of_process(*facts.process);
    if (facts.space) facts.memory = facts.space->usage();
    return facts;
}

u64 ticks(u64 ns) { return ns / kNsPerTick; }

void put_hex(Sink& sink, u64 value, unsigned digits) {
    char text[16];
    unsigned used = 0;
    while (used < digits || (used < 16 && value >> (4 * used))) ++used;
    for (unsigned i = 0; i < used; ++i) text[i] = "0123456789abcdef"[value >> (4 * (used - 1 - i)) & 15];
    put(sink, std::string_view(text, used));
}

/// Text, and blanks up to `width` columns.
void put_column(Sink& sink, std::string_view text, usize width) {
    put(sink, text);
    for (usize i = text.size(); i < width; ++i) put(sink, ' ');
}

void put_limit(Sink& sink, u64 value) {
    char text[24];
    BufferSink number(text);
    put(number, value);
    put_column(sink, value == kUnlimited ? "unlimited" : number.view(), 21);
}

void print_set(Sink& sink, std::string_view name, SignalSet set) {
    print(sink, name, ":\t");
    put_hex(sink, set.raw(), 16);
    print(sink, '\n');
}

std::string_view state_name(char state) {
    switch (state) {
    case 'R': return "R (running)";
    case 'S': return "S (sleeping)";
    case 'T': return "T (stopped)";
    default: return "Z (zombie)";
    }
}

}  // namespace

Result<void> print_stat(u32 pid, Sink& sink) {
    const Facts f = TRY(facts_of(pid));
    print(sink, pid, " (", f.name(), ") ", f.state, ' ', f.parent, ' ', f.group, ' ', f.session, ' ',
          f.terminal ? f.terminal->device_number() : 0U, ' ');
    if (f.terminal) {
        print(sink, f.terminal->foreground_group());
    } else {
        print(sink, -1);
    }
    // flags, four counts of faults; times; priority, nice, threads, an obsolete zero; start, sizes.
    print(sink, " 4194560 ", f.use.faults, ' ', f.children_use.faults, " 0 0 ", ticks(f.use.user_ns), ' ',
          ticks(f.use.system_ns), ' ', ticks(f.children_use.user_ns), ' ', ticks(f.children_use.system_ns), " 20 0 ",
          f.threads, " 0 ", ticks(f.process->started.ns), ' ', f.memory.virtual_bytes, ' ',
          f.memory.resident_bytes >> kPageShift, " 18446744073709551615 1 1 0 0 0 ", f.pending.raw() & 0x7fff'ffff, ' ',
          f.blocked.raw() & 0x7fff'ffff, ' ', f.ignored.raw() & 0x7fff'ffff, ' ', f.caught.raw() & 0x7fff'ffff,
          " 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 ", f.process->exit_status, '\n');
    return {};
}

Result<void> print_status(u32 pid, Sink& sink) {
    const Facts f = TRY(facts_of(pid));
    print(sink, "Name:\t", f.name(), "\nUmask:\t0022\nState:\t", state_name(f.state), "\nTgid:\t", pid,
          "\nNgid:\t0\nPid:\t", pid, "\nPPid:\t", f.parent,
          "\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t\n");
    if (f.space) {
        print(sink, "VmPeak:\t", Padded{f.memory.virtual_bytes / kKiB, 8}, " kB\nVmSize:\t",
              Padded{f.memory.virtual_bytes / kKiB, 8}, " kB\nVmRSS:\t", Padded{f.memory.resident_bytes / kKiB, 8},
              " kB\nVmPTE:\t", Padded{f.memory.pair_bytes / kKiB, 8}, " kB\n");
    }
    print(sink, "Threads:\t", f.threads, '\n');
    print_set(sink, "ShdPnd", f.pending);
    print_set(sink, "SigBlk", f.blocked);
    print_set(sink, "SigIgn", f.ignored);
    print_set(sink, "SigCgt", f.caught);
    return {};
}

Result<void> print_statm(u32 pid, Sink& sink) {
    const Facts f = TRY(facts_of(pid));
    const u64 resident = f.memory.resident_bytes >> kPageShift;
    print(sink, f.memory.virtual_bytes >> kPageShift, ' ', resident, " 0 0 0 ", resident, " 0\n");
    return {};
}

Result<void> print_cmdline(u32 pid, Sink& sink) {
    String copy;
    {
        TreeGuard tree;
        Process* process = processes::find(tree, pid);
        if (!process) return Error{ESRCH};
        if (process->life == Process::Life::Alive) copy = TRY(String::from(process->command_line.view()));
    }
    put(sink, copy.view());
    return {};
}

Result<void> print_comm(u32 pid, Sink& sink) {
    const Facts f = TRY(facts_of(pid));
    print(sink, f.name(), '\n');
    return {};
}

Result<void> print_maps(u32 pid, Sink& sink) {
    const Facts f = TRY(facts_of(pid));
    if (!f.space) return {};
    f.space->for_each_region([&](Region& region) {
        const Protection p = region.protection;
        put_hex(sink, region.begin.raw, 8);
        print(sink, '-');
        put_hex(sink, region.end.raw, 8);
        print(sink, ' ', p.read ? 'r' : '-', p.write ? 'w' : '-', p.execute ? 'x' : '-',
              region.sharing == Sharing::Shared ? 's' : 'p', ' ');
        put_hex(sink, region.source ? region.source_page << kPageShift : 0, 8);
        print(sink, " 00:00 0 ");
        if (region.source || region.kind == Region::Kind::Heap || region.kind == Region::Kind::Stack)
            print(sink, "                  ");
        if (region.source) region.source->describe(sink);
        if (region.kind == Region::Kind::Heap) print(sink, "[heap]");
        if (region.kind == Region::Kind::Stack) print(sink, "[stack]");
        print(sink, '\n');
    });
    return {};
}

Result<void> print_limits(u32 pid, Sink& sink) {
    const Facts f = TRY(facts_of(pid));
    struct Row {
        std::string_view name, unit;
    };
    constexpr Row kRows[kResources] = {
        {"cpu time", "seconds"},    {"file size", "bytes"},      {"data size", "bytes"},
        {"stack size", "bytes"},    {"core file size", "bytes"}, {"resident set", "bytes"},
        {"processes", "processes"}, {"open files", "files"},     {"locked memory", "bytes"},
        {"address space", "bytes"}, {"file locks", "locks"},     {"pending signals", "signals"},
        {"msgqueue size", "bytes"}, {"nice priority", ""},       {"realtime priority", ""},
        {"realtime timeout", "us"}};
    put_column(sink, "Limit", 26);
    put_column(sink, "Soft Limit", 21);
    put_column(sink, "Hard Limit", 21);
    print(sink, "Units\n");
    for (usize i = 0; i < kResources; ++i) {
        const ResourceLimit limit = f.process->limits.at(static_cast<Resource>(i));
        print(sink, "Max ");
        put_column(sink, kRows[i].name, 22);
        put_limit(sink, limit.current);
        put_limit(sink, limit.maximum);
        print(sink, kRows[i].unit, '\n');
    }
    return {};
}

Result<void> print_pairs(u32 pid, Sink& sink) {
    const Facts f = TRY(facts_of(pid));
    print(sink, "pairs ", f.memory.pair_bytes / sizeof(TablePair), "\npair_bytes ", f.memory.pair_bytes,
          "\nresident_bytes ", f.memory.resident_bytes, "\nvirtual_bytes ", f.memory.virtual_bytes);
    // How much of what is resident each size of pages maps.
    print(sink, "\nbytes_4k ", f.memory.by_size[0], "\nbytes_2m ", f.memory.by_size[1], "\nbytes_1g ",
          f.memory.by_size[2], '\n');
    return {};
}
