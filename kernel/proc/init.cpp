// SPDX-License-Identifier: MIT
/// @file
/// @brief Making process 1.
/// @chapter booting
#include "proc/init.h"

#include "fs/file_table.h"
#include "fs/fs_context.h"
#include "proc/exec.h"
#include "proc/process_files.h"
#include "proc/process_tree.h"
#include "x86/fpu.h"
#include "x86/traps.h"

namespace {

constexpr std::string_view kInit = "/init";
constexpr std::string_view kConsole = "/dev/console";

/// Process 1 with one thread that is to call `entry`. It belongs to group 0 and session 0, like Linux's, until it calls setsid.
Result<Owned<Task>> make_process(Thread::Entry entry) {
    Ref<Session> session = TRY(make_ref<Session>(0U));
    Ref<ProcessGroup> group = TRY(make_ref<ProcessGroup>(0U, std::move(session)));
    Ref<Process> process = TRY(make_ref<Process>(1U, std::move(group)));
    const Place root = mounts::root();
    process->space = TRY(AddressSpace::create());
    process->files = TRY(make_ref<FileTable>());
    process->fs = TRY(make_ref<FsContext>(root, root));
    Owned<Task> task = TRY(Task::create(process, 1, entry));
    task->fpu = TRY(FpuState::create());
    task->space = process->space;
    task->set_comm("init");
    {
        auto signals = process->signals.lock();
        signals->threads.push_back(task->signals);
        signals->thread_count = 1;
    }
    TreeGuard tree;
    CHECK(TRY(processes::free_id(tree)) == 1);
    processes::insert(tree, process, nullptr);
    return task;
}

/// Descriptors 0, 1 and 2. Without a console there are none, and /init may still run.
void open_console(Process& process) {
    auto console =
        open_file(process.fs->walk_from(), kConsole, open_flag::kReadWrite | open_flag::kNoControllingTty, 0);
    if (!console.ok()) return;
    for (int fd = 0; fd < 3; ++fd) (void)process.files->add(console.value(), OnExec::Keep).ok();
}

Result<void> execute_init(Process& process, TrapFrame& frame) {
    ProgramArguments arguments;
    TRY(arguments.add(arguments.arguments, kInit));
    TRY(arguments.add(arguments.environment, "HOME=/"));
    TRY(arguments.add(arguments.environment, "TERM=linux"));
    return execute({.from = process.fs->walk_from(), .path = kInit}, std::move(arguments), frame);
}

/// What process 1 does before its program: it becomes it.
void begin_init(void*) {
    Process& process = current_process();
    open_console(process);
    TrapFrame& frame = current_task().user_frame();
    const auto executed = execute_init(process, frame);
    if (!executed.ok()) PANIC("cannot execute /init; errno", static_cast<u64>(executed.error().code));
    enter_ring3(frame);
}

}  // namespace

void start_init() {
    add_process_files();
    auto task = make_process(begin_init);
    CHECK(task.ok(), static_cast<u64>(task.error().code));
    task.value().release()->start();
}
