// SPDX-License-Identifier: MIT
/// @file
/// @brief /proc's directory of processes: who is there, their descriptors, their links.
/// @chapter proc-files
#include "proc/process_files.h"

#include "fs/file_table.h"
#include "fs/fs_context.h"
#include "fs/procfs.h"
#include "lib/log.h"
#include "proc/process_facts.h"
#include "proc/process_tree.h"

namespace {

/// The process's descriptor table, or none when it has ended.
Ref<FileTable> files_of(u32 pid) {
    TreeGuard tree;
    Process* process = processes::find(tree, pid);
    return process ? process->files : Ref<FileTable>();
}

Result<Ref<FsContext>> fs_of(u32 pid) {
    TreeGuard tree;
    Process* process = processes::find(tree, pid);
    if (!process || !process->fs) return Error{ENOENT};
    return process->fs;
}

/// A link to an open file.
Result<LinkTarget> target_of(File& file) {
    LinkTarget target;
    target.text = TRY(file.path(current_process().fs->root()));
    target.place = file.place();
    return target;
}

Result<LinkTarget> directory_target(const Place& place) {
    LinkTarget target;
    target.text = TRY(path_of_directory(place, current_process().fs->root()));
    target.place = place;
    return target;
}

Result<LinkTarget> cwd_target(u32 pid) {
    const Ref<FsContext> fs = TRY(fs_of(pid));
    return directory_target(fs->cwd());
}

Result<LinkTarget> root_target(u32 pid) {
    const Ref<FsContext> fs = TRY(fs_of(pid));
    return directory_target(fs->root());
}

Result<LinkTarget> exe_target(u32 pid) {
    Ref<File> program;
    {
        TreeGuard tree;
        Process* process = processes::find(tree, pid);
        if (process) program = process->program;
    }
    if (!program) return Error{ENOENT};
    return target_of(*program);
}

constexpr ProcessFile kFiles[] = {{"stat", print_stat},       {"status", print_status}, {"statm", print_statm},
                                  {"cmdline", print_cmdline}, {"comm", print_comm},     {"maps", print_maps},
                                  {"pairs", print_pairs},     {"limits", print_limits}};
constexpr ProcessLink kLinks[] = {{"cwd", cwd_target}, {"exe", exe_target}, {"root", root_target}};

class Directory final : public ProcessDirectory {
   public:
    u32 next_pid(u32 after) override {
        TreeGuard tree;
        u32 lowest = 0;
        for (Process* process = processes::first(tree); process; process = processes::next(tree, *process)) {
            if (process->pid > after && (!lowest || process->pid < lowest)) lowest = process->pid;
        }
        return lowest;
    }
    u32 current_pid() override { return current_process().pid; }
    u32 current_tid() override { return current_task().tid; }
    bool exists(u32 pid) override {
        TreeGuard tree;
        return processes::find(tree, pid) != nullptr;
    }
    std::span<const ProcessFile> files() override { return kFiles; }
    std::span<const ProcessLink> links() override { return kLinks; }
    int next_fd(u32 pid, int from) override {
        const Ref<FileTable> files = files_of(pid);
        return files ? files->next_open(from) : -1;
    }
    Result<LinkTarget> fd_target(u32 pid, int fd) override {
        const Ref<FileTable> files = files_of(pid);
        if (!files) return Error{ENOENT};
        auto file = files->any(fd);
        if (!file.ok()) return Error{ENOENT};
        return target_of(*file.value());
    }
    u32 next_tid(u32 pid, u32 after) override {
        TreeGuard tree;
        Process* process = processes::find(tree, pid);
        if (!process) return 0;
        auto signals = process->signals.lock();
        u32 lowest = 0;
        for (TaskSignals& member : signals->threads) {
            const u32 tid = member.task->tid;
            if (tid > after && (!lowest || tid < lowest)) lowest = tid;
        }
        return lowest;
    }
};
constinit Directory directory;

/// Compares the pairs of every process with its regions; the first violation is the error, and in the log.
Result<void> check_all(std::string_view) {
    for (u32 pid = directory.next_pid(0); pid; pid = directory.next_pid(pid)) {
        Ref<AddressSpace> space;
        {
            TreeGuard tree;
            Process* process = processes::find(tree, pid);
            if (process) space = process->space;
        }
        const char* violation = space ? space->check() : nullptr;
        if (!violation) continue;
        log("pairs of process ", pid, ": ", std::string_view(violation));
        return Error{EIO};
    }
    return {};
}

Result<void> print_check(Sink& sink) {
    print(sink, "write to this file: every process's pairs are compared with its regions\n");
    return {};
}

constexpr ProcFile kTwainFiles[] = {{.name = "twain/check", .print = print_check, .write = check_all}};

}  // namespace

void add_process_files() {
    procfs::set_processes(directory);
    procfs::add_files(kTwainFiles);
}
