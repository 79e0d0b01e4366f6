// SPDX-License-Identifier: MIT
/// @file
/// @brief FileTable: a process's descriptors.
/// @chapter files
#pragma once

#include "fs/file.h"

/// Whether a descriptor is closed by execve.
enum class OnExec : u8 { Keep, Close };

/// Descriptor numbers and the open files behind them. Shared by threads and by clones with CLONE_FILES.
class FileTable : public RefCounted {
   public:
    /// Descriptors are 0 .. kLimit-1 at most.
    static constexpr int kLimit = 1024;
    /// RLIMIT_NOFILE: new descriptors are below `limit` (0 .. kLimit). Those that are open stay.
    void set_limit(int limit) { limit_.store(limit, std::memory_order_relaxed); }

    /// A copy for fork: the same open files. ENOMEM.
    Result<Ref<FileTable>> clone();

    /// The file behind `fd`. EBADF: none, or one opened with O_PATH (use `any`).
    Result<Ref<File>> get(int fd);
    Result<Ref<File>> any(int fd);
    /// Gives `file` the lowest free descriptor that is at least `from`. EMFILE; EINVAL: `from` is beyond the limit.
    Result<int> add(Ref<File> file, OnExec on_exec, int from = 0);
    /// Makes `fd` refer to `file`, closing what it referred to. EBADF: no such number.
    Result<int> set(int fd, Ref<File> file, OnExec on_exec);
    /// EBADF.
    Result<void> close(int fd);
    /// Closes first .. last, for close_range.
    void close_range(int first, int last);
    Result<OnExec> on_exec(int fd);
    Result<void> set_on_exec(int fd, OnExec on_exec);
    /// What execve closes.
    void close_on_exec();
    /// The lowest descriptor that is at least `from` and open, or -1: for /proc/<pid>/fd.
    int next_open(int from);

   private:
    struct Slot {
        Ref<File> file;
        OnExec on_exec = OnExec::Keep;
    };
    Result<Slot*> slot(Vec<Slot>& slots, int fd);
    int limit() const { return limit_.load(std::memory_order_relaxed); }
    SpinLocked<Vec<Slot>> slots_{LockRank::Descriptors};
    std::atomic<int> limit_{kLimit};
};
