// SPDX-License-Identifier: MIT
/// @file
/// @brief /proc: a file is a function that prints, and other layers supply the functions.
/// @chapter proc-files
#pragma once

#include "fs/mount.h"
#include "lib/format.h"
#include "lib/owned.h"

/// A file of /proc. The text is made when it is first read after opening (or after a seek to 0) and read from that copy.
struct ProcFile {
    const char* name;  ///< "meminfo"; one directory in front is allowed: "twain/exits"
    Result<void> (*print)(Sink& sink);
    Result<void> (*write)(std::string_view text) = nullptr;  ///< null: read-only. At most one page at a time.
};

/// What a process's directory shows. `print` gets the process's number; ESRCH: it is gone.
struct ProcessFile {
    const char* name;  ///< "stat"
    Result<void> (*print)(u32 pid, Sink& sink);
};
/// A link in a process's directory: "cwd", "exe", "root".
struct ProcessLink {
    const char* name;
    Result<LinkTarget> (*target)(u32 pid);
};

/// What /proc asks of the layer that knows processes.
class ProcessDirectory {
   public:
    /// The lowest number of a process that is greater than `after`, or 0.
    virtual u32 next_pid(u32 after) = 0;
    /// The current process, for /proc/self; and thread, for /proc/thread-self.
    virtual u32 current_pid() = 0;
    virtual u32 current_tid() = 0;
    virtual bool exists(u32 pid) = 0;
    virtual std::span<const ProcessFile> files() = 0;
    virtual std::span<const ProcessLink> links() = 0;
    /// The process's descriptors, for its "fd" directory: the lowest open one that is at least `from`, or -1.
    virtual int next_fd(u32 pid, int from) = 0;
    /// What /proc/<pid>/fd/<fd> is. Its text is what readlink answers, its place what opening it opens. ENOENT.
    virtual Result<LinkTarget> fd_target(u32 pid, int fd) = 0;
    /// The lowest number of a thread of the process that is greater than `after`, or 0, for its "task" directory.
    virtual u32 next_tid(u32 pid, u32 after) = 0;

   protected:
    ~ProcessDirectory() = default;
};

namespace procfs {

/// Adds files; `files` stays where it is for ever. Called while booting, by whichever layer knows.
void add_files(std::span<const ProcFile> files);
void set_processes(ProcessDirectory& processes);
/// The root of the one /proc, to be mounted anywhere. ENOMEM.
Result<Ref<Inode>> tree();

}  // namespace procfs
