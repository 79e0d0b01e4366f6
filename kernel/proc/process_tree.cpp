// SPDX-License-Identifier: MIT
/// @file
/// @brief The list of all processes.
/// @chapter processes
#include "proc/process_tree.h"

namespace {

// A few hundred processes at most: every search is a walk along one list.
constexpr u32 kMaxId = 32768;

constinit SpinLock tree_lock{LockRank::ProcessTree};

struct Tree {
    List<Process, &Process::all_link> all;
    usize count = 0;
    u32 last_id = 0;
};
constinit Tree tree;

bool is_taken(const TreeGuard& guard, u32 id) {
    for (Process& process : tree.all) {
        if (process.pid == id || process.group_id() == id || process.session_id() == id) return true;
    }
    return processes::find_task(guard, id) != nullptr;
}

}  // namespace

TreeGuard::TreeGuard() : SpinGuard(tree_lock) {}

namespace processes {

Result<u32> free_id(const TreeGuard& guard) {
    // Numbers are given out in rising order, so one that was given and not yet entered is not given again soon.
    for (u32 tried = 0; tried < kMaxId; ++tried) {
        tree.last_id = tree.last_id >= kMaxId ? 2 : tree.last_id + 1;
        if (!is_taken(guard, tree.last_id)) return tree.last_id;
    }
    return Error{EAGAIN};
}

void insert(const TreeGuard&, Ref<Process> process, Process* parent) {
    process->take_reference();  // the list's own, given back by `remove`
    tree.all.push_back(*process);
    ++tree.count;
    process->parent = parent;
    if (parent) parent->children.push_back(*process);
}

Ref<Process> remove(const TreeGuard&, Process& process) {
    Ref<Process> reference(&process);
    process.all_link.unlink();
    process.child_link.unlink();
    --tree.count;
    process.drop_reference();  // `reference` keeps it
    return reference;
}

Process* find(const TreeGuard&, u32 pid) {
    for (Process& process : tree.all) {
        if (process.pid == pid) return &process;
    }
    return nullptr;
}

Task* find_task(const TreeGuard&, u32 tid) {
    for (Process& process : tree.all) {
        auto signals = process.signals.lock();
        for (TaskSignals& member : signals->threads) {
            if (member.task->tid == tid) return member.task;
        }
    }
    return nullptr;
}

Process* find_group_member(const TreeGuard&, u32 group) {
    for (Process& process : tree.all) {
        if (process.group_id() == group) return &process;
    }
    return nullptr;
}

Process* first(const TreeGuard&) { return tree.all.front(); }
Process* next(const TreeGuard&, Process& process) { return tree.all.next(process); }

Process& init_process() {
    Process* process = tree.all.front();
    CHECK(process && process->pid == 1);
    return *process;
}

void reparent_children(const TreeGuard&, Process& process) {
    Process& init = init_process();
    while (Process* child = process.children.pop_front()) {
        child->parent = &init;
        init.children.push_back(*child);
    }
}

Ref<Process> get(u32 pid) {
    TreeGuard guard;
    return Ref<Process>(find(guard, pid));
}

Ref<AddressSpace> space_of(u32 pid) {
    TreeGuard guard;
    Process* process = find(guard, pid);
    return process ? process->space : Ref<AddressSpace>();
}

u32 id_after(u32 pid) {
    TreeGuard guard;
    u32 lowest = 0;
    for (const Process& process : tree.all) {
        if (process.pid > pid && (!lowest || process.pid < lowest)) lowest = process.pid;
    }
    return lowest;
}

usize count() {
    TreeGuard guard;
    return tree.count;
}

}  // namespace processes
