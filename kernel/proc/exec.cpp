// SPDX-License-Identifier: MIT
/// @file
/// @brief execve: find the program, build its memory, and only then give up the old one.
/// @chapter programs
#include "proc/exec.h"

#include <algorithm>

#include "fs/file_table.h"
#include "fs/fs_context.h"
#include "fs/random.h"
#include "lib/log.h"
#include "mm/user_memory.h"
#include "proc/elf_load.h"
#include "proc/exit.h"
#include "proc/process_tree.h"
#include "proc/signal_frame.h"
#include "proc/signal_send.h"
#include "proc/user_stack.h"
#include "x86/fpu.h"
#include "x86/instructions.h"
#include "x86/registers.h"

namespace {

constexpr unsigned kMaxScripts = 4;  // scripts that are interpreted by scripts
constexpr usize kScriptStart = 256;
constexpr usize kMaxCommandLine = 4096;    // of /proc/<pid>/cmdline
constexpr u64 kStackReserve = 128 * kKiB;  // above the arguments, however small the limit
constexpr u64 kMaxStack = 64 * kMiB;
constexpr u16 kUserCode = 0x23, kUserData = 0x1b;

Result<Ref<File>> open_program(const ProgramPath& program) {
    if (program.opened) {
        const Place& place = program.opened->place();
        if (place.inode->type() != FileType::Regular) return Error{EACCES};
        return place.inode->open({.place = place, .directory = {}, .name = {}, .flags = open_flag::kReadOnly});
    }
    // Looked at before it is opened: opening a device or a pipe has effects.
    const Place place = TRY(walk(program.from, program.path, program.last));
    if (place.inode->type() == FileType::Symlink) return Error{ELOOP};
    if (place.inode->type() != FileType::Regular) return Error{EACCES};
    return open_file(program.from, program.path, open_flag::kReadOnly, 0);
}

/// A script's arguments: the interpreter, what else is on its first line, the script's path, and the arguments but the first.
Result<ProgramArguments> script_arguments(const ScriptLine& line, std::string_view script, ProgramArguments old) {
    ProgramArguments arguments;
    TRY(arguments.add(arguments.arguments, line.interpreter));
    if (!line.argument.empty()) TRY(arguments.add(arguments.arguments, line.argument));
    TRY(arguments.add(arguments.arguments, script));
    for (usize i = 1; i < old.arguments.size(); ++i) TRY(arguments.add(arguments.arguments, old.arguments[i].view()));
    for (const String& text : old.environment) TRY(arguments.add(arguments.environment, text.view()));
    return arguments;
}

/// The file to be loaded, after every script's first line has been followed.
Result<Ref<File>> find_program(const ProgramPath& program, ProgramArguments& arguments) {
    Ref<File> file = TRY(open_program(program));
    String path = TRY(String::from(program.path));
    for (unsigned depth = 0;; ++depth) {
        TRY(check_executable(*file));
        std::byte start[kScriptStart];
        const u64 got = TRY(read_kernel(file->inode(), 0, start));
        const std::string_view text(reinterpret_cast<const char*>(start), got);
        if (!text.starts_with("#!")) return file;
        if (depth == kMaxScripts) return Error{ELOOP};
        const ScriptLine line = TRY(parse_script_line(text));
        arguments = TRY(script_arguments(line, path.view(), std::move(arguments)));
        file = TRY(open_program({.from = program.from, .path = line.interpreter}));
        path = TRY(String::from(line.interpreter));
    }
}

u64 stack_bytes_for(Process& process, const ProgramArguments& arguments) {
    const u64 limit = std::min(process.limits.at(Resource::Stack).current, kMaxStack);
    const u64 wanted = limit == kMaxStack ? 8 * kMiB : limit;
    return align_up(std::max(wanted, arguments.bytes + kStackReserve), kPageBytes);
}

Result<String> join_command_line(const ProgramArguments& arguments) {
    String line;
    for (const String& text : arguments.arguments) {
        TRY(line.append(text.view()));
        TRY(line.append({"", 1}));
        if (line.size() >= kMaxCommandLine) break;
    }
    return line;
}

std::string_view last_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// What the old program leaves behind in its own memory and in the kernel.
void leave_old_program(Task& task) {
    Owned<ThreadExtension> extension;
    {
        TreeGuard tree;
        extension = std::move(task.extension);
    }
    extension.reset();
    settle_futexes(task);
    task.clear_child_tid = task.robust_list = 0;
}

/// The process takes the new memory and names over, all in one step for those who look at it.
void take_over(Task& task, LoadedProgram& program, Ref<File> file, std::string_view path, String command_line) {
    Process& process = *task.process;
    Ref<AddressSpace> old = program.space;
    {
        TreeGuard tree;
        std::swap(process.space, old);
        std::swap(process.program, file);
        std::swap(process.command_line, command_line);
        process.has_executed = true;
        process.exit_signal = kSigChld;
        task.tid = process.pid;
        task.set_comm(last_name(path));
        process.trace_entry.set(process.pid, process.space->tables().host_root(), task.comm);
        process.trace_entry.set_image(program.program.bias);
    }
    task.adopt_space(process.space);
    TreeGuard tree;
    process.borrows_memory = false;
    process.vfork_done.wake_all();
}

/// Handlers point into the old program; what was ignored stays ignored.
void reset_signals(Task& task) {
    auto signals = task.process->signals.lock();
    for (SignalAction& action : signals->actions) {
        if (action.handler != SignalAction::kIgnore) action = {};
        action.flags = 0;
        action.mask = {};
    }
    task.signals.stack = {};
}

Result<void> close_files(Process& process) {
    if (process.files->reference_count() > 1) {
        Ref<FileTable> own = TRY(process.files->clone());
        TreeGuard tree;
        std::swap(process.files, own);  // the shared one is let go after the lock
    }
    process.files->close_on_exec();
    return {};
}

void reset_registers(Task& task, TrapFrame& frame, u64 start, u64 stack_pointer) {
    const u64 number = frame.error, vector = frame.vector;
    frame = {};
    frame.error = number, frame.vector = vector;
    frame.rip = start, frame.rsp = stack_pointer;
    frame.cs = kUserCode, frame.ss = kUserData, frame.rflags = Rflags::IF;
    IrqOff irq_off;
    task.fs_base = task.gs_base = 0;
    x86::wrmsr(Msr::kFsBase, 0);
    x86::wrmsr(Msr::kKernelGsBase, 0);
    task.fpu->reset();
    task.fpu->restore();
}

/// Fills the new memory's stack. The memory is the current one already.
Result<void> write_stack(const UserStack& stack) {
    for (const PlacedText& placed : stack.texts) {
        TRY(copy_to_user(VirtAddr(placed.address), placed.text.data(), placed.text.size()));
    }
    std::byte random[16];
    fill_random(random);
    TRY(copy_to_user(VirtAddr(stack.random_address), random, sizeof(random)));
    return copy_to_user(VirtAddr(stack.stack_pointer), stack.words.data(), stack.words.size() * sizeof(u64));
}

AuxiliaryFacts facts_of(const LoadedProgram& program) {
    const ElfImage& image = *program.program.image;
    return {.headers = image.headers_address ? image.headers_address + program.program.bias : 0,
            .header_count = image.header.header_count,
            .interpreter_base = program.interpreter.image ? program.interpreter.bias : 0,
            .entry = program.program.entry(),
            .processor_features = x86::cpuid(1).edx,
            .signal_frame_bytes = sizeof(SignalFrame) + FpuState::image_bytes() + 256};
}

}  // namespace

Result<void> execute(const ProgramPath& program, ProgramArguments arguments, TrapFrame& frame) {
    Task& task = current_task();
    Process& process = *task.process;
    Ref<File> file = TRY(find_program(program, arguments));
    LoadedProgram loaded = TRY(load_program(file, program.from, stack_bytes_for(process, arguments)));
    const UserStack stack = TRY(lay_out_stack(kUserStackTop.raw, program.path, arguments, facts_of(loaded)));
    String command_line = TRY(join_command_line(arguments));
    // From here on there is no way back to the old program.
    if (!end_other_threads()) return Error{kRestartAlways};
    leave_old_program(task);
    take_over(task, loaded, std::move(file), program.path, std::move(command_line));
    reset_signals(task);
    reset_registers(task, frame, loaded.start(), stack.stack_pointer);
    if (close_files(process).ok() && clear_tails(loaded).ok() && write_stack(stack).ok()) return {};
    log("process ", process.pid, ": the memory of its new program cannot be filled");
    auto signals = process.signals.lock();
    begin_group_exit(process, *signals, wait_status_of_signal(kSigKill));
    return {};
}
