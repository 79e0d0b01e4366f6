// SPDX-License-Identifier: MIT
/// @file
/// @brief /proc/<pid>: a process's files, links, descriptors and threads, as the process layer supplies them.
/// @chapter proc-files
#include <algorithm>

#include "fs/procfs_nodes.h"

using procfs::processes;

namespace {

/// Inode numbers of a process: its directory, then its files, its links, its two subdirectories, and its descriptors.
constexpr u64 kFiles = 1, kLinks = 64, kFd = 100, kTask = 101, kMounts = 102, kDescriptors = 1024;
u64 number_in(u32 pid, u64 what) { return (u64{pid} << 16) + what; }

class ProcessText final : public ProcText {
   public:
    ProcessText(Filesystem& procfs, u32 pid, const ProcessFile& file, u64 number)
        : ProcText(procfs, 0444, number), pid_(pid), file_(file) {}
    Result<void> print(Sink& sink) override { return file_.print(pid_, sink); }

   private:
    u32 pid_;
    const ProcessFile& file_;
};

class ProcessTarget final : public ProcLink {
   public:
    ProcessTarget(Filesystem& procfs, u32 pid, const ProcessLink& link, u64 number)
        : ProcLink(procfs, number), pid_(pid), link_(link) {}
    Result<LinkTarget> read_link() override { return link_.target(pid_); }

   private:
    u32 pid_;
    const ProcessLink& link_;
};

class DescriptorTarget final : public ProcLink {
   public:
    DescriptorTarget(Filesystem& procfs, u32 pid, int fd)
        : ProcLink(procfs, number_in(pid, kDescriptors + static_cast<u64>(fd))), pid_(pid), fd_(fd) {}
    Result<LinkTarget> read_link() override { return processes()->fd_target(pid_, fd_); }

   private:
    u32 pid_;
    int fd_;
};

/// What every process shows that does not depend on it.
Result<void> print_mounts(u32, Sink& sink) {
    mounts::print(sink, mounts::root());
    return {};
}
constexpr ProcessFile kMountsFile{"mounts", print_mounts};

/// "fd". The cookie of a descriptor is its number and three.
class DescriptorDirectory final : public ProcDirectory {
   public:
    DescriptorDirectory(Filesystem& procfs, Ref<Inode> parent, u32 pid)
        : ProcDirectory(procfs, std::move(parent), number_in(pid, kFd)), pid_(pid) {}
    Result<Ref<Inode>> lookup(std::string_view name) override {
        const int fd = name == "0" ? 0 : static_cast<int>(procfs::number_of(name));
        if ((fd == 0 && name != "0") || processes()->next_fd(pid_, fd) != fd) return Error{ENOENT};
        const Ref<DescriptorTarget> link = TRY(make_ref<DescriptorTarget>(filesystem(), pid_, fd));
        return Ref<Inode>(link);
    }
    Result<void> read_entries(u64 cookie, DirectoryVisitor& visitor) override {
        procfs::Visits visits(cookie, visitor);
        int fd = processes()->next_fd(pid_, cookie < 3 ? 0 : static_cast<int>(cookie - 2));
        for (; fd >= 0; fd = processes()->next_fd(pid_, fd + 1)) {
            const auto number = static_cast<u64>(fd);
            const String name = procfs::text_of(number);
            if (!visits.visit(name.view(), number_in(pid_, kDescriptors + number), FileType::Symlink, number + 3))
                break;
        }
        return {};
    }

   private:
    u32 pid_;
};

/// "task". The cookie of a thread is its number and three.
class TaskDirectory final : public ProcDirectory {
   public:
    TaskDirectory(Filesystem& procfs, Ref<Inode> parent, u32 pid)
        : ProcDirectory(procfs, std::move(parent), number_in(pid, kTask)), pid_(pid) {}
    Result<Ref<Inode>> lookup(std::string_view name) override {
        const u32 tid = procfs::number_of(name);
        if (tid == 0 || processes()->next_tid(pid_, tid - 1) != tid) return Error{ENOENT};
        return procfs::process_directory(*this, pid_, procfs::Whose::Thread, name);
    }
    Result<void> read_entries(u64 cookie, DirectoryVisitor& visitor) override {
        procfs::Visits visits(cookie, visitor);
        u32 tid = processes()->next_tid(pid_, cookie < 3 ? 0 : static_cast<u32>(cookie - 3));
        for (; tid != 0; tid = processes()->next_tid(pid_, tid)) {
            if (!visits.visit(procfs::text_of(tid).view(), number_in(tid, 0), FileType::Directory, tid + 3)) break;
        }
        return {};
    }

   private:
    u32 pid_;
};

/// "/proc/<pid>", and "/proc/<pid>/task/<tid>". Cookies are the numbers within the process, and three.
class OneProcess final : public ProcDirectory {
   public:
    OneProcess(Filesystem& procfs, Ref<Inode> parent, u32 pid, procfs::Whose whose)
        : ProcDirectory(procfs, std::move(parent), number_in(pid, 0)), pid_(pid), whose_(whose) {}
    Result<Ref<Inode>> lookup(std::string_view name) override;
    Result<void> read_entries(u64 cookie, DirectoryVisitor& visitor) override;

   private:
    template <class T>
    Result<Ref<Inode>> subdirectory(std::string_view name) {
        const Ref<T> directory = TRY(make_ref<T>(filesystem(), Ref<Inode>(this), pid_));
        TRY(directory->set_name(name));
        return Ref<Inode>(directory);
    }
    Result<Ref<Inode>> text(const ProcessFile& file, u64 number) {
        const Ref<ProcessText> node = TRY(make_ref<ProcessText>(filesystem(), pid_, file, number_in(pid_, number)));
        return Ref<Inode>(node);
    }
    bool has_threads() const { return whose_ == procfs::Whose::Process; }
    u32 pid_;
    procfs::Whose whose_;
};

Result<Ref<Inode>> OneProcess::lookup(std::string_view name) {
    if (!processes()->exists(pid_)) return Error{ENOENT};
    if (name == "fd") return subdirectory<DescriptorDirectory>(name);
    if (name == "task" && has_threads()) return subdirectory<TaskDirectory>(name);
    if (name == kMountsFile.name) return text(kMountsFile, kMounts);
    u64 number = kFiles;
    for (const ProcessFile& file : processes()->files()) {
        if (name == file.name) return text(file, number);
        ++number;
    }
    number = kLinks;
    for (const ProcessLink& link : processes()->links()) {
        if (name == link.name) {
            const Ref<ProcessTarget> node =
                TRY(make_ref<ProcessTarget>(filesystem(), pid_, link, number_in(pid_, number)));
            return Ref<Inode>(node);
        }
        ++number;
    }
    return Error{ENOENT};
}

Result<void> OneProcess::read_entries(u64 cookie, DirectoryVisitor& visitor) {
    if (!processes()->exists(pid_)) return Error{ENOENT};
    procfs::Visits visits(cookie, visitor);
    const auto visit = [&](const char* name, u64 what, FileType type) {
        return visits.visit(name, number_in(pid_, what), type, what + 3);
    };
    u64 number = kFiles;
    for (const ProcessFile& file : processes()->files()) visit(file.name, number++, FileType::Regular);
    number = kLinks;
    for (const ProcessLink& link : processes()->links()) visit(link.name, number++, FileType::Symlink);
    visit("fd", kFd, FileType::Directory);
    if (has_threads()) visit("task", kTask, FileType::Directory);
    visit(kMountsFile.name, kMounts, FileType::Regular);
    return {};
}

}  // namespace

Result<Ref<Inode>> procfs::process_directory(Inode& parent, u32 pid, Whose whose, std::string_view name) {
    if (!processes() || !processes()->exists(pid)) return Error{ENOENT};
    const Ref<OneProcess> directory = TRY(make_ref<OneProcess>(parent.filesystem(), Ref<Inode>(&parent), pid, whose));
    TRY(directory->set_name(name));
    return Ref<Inode>(directory);
}
