// SPDX-License-Identifier: MIT
/// @file
/// @brief File: an open file description, what descriptors refer to.
/// @chapter files
#pragma once

#include "fs/path.h"
#include "fs/poll.h"
#include "mm/address_space.h"
#include "sync/mutex.h"

/// O_* as Linux numbers them on x86-64.
namespace open_flag {
inline constexpr u32 kAccessMode = 03, kReadOnly = 0, kWriteOnly = 01, kReadWrite = 02;
inline constexpr u32 kCreate = 0100, kExclusive = 0200, kNoControllingTty = 0400, kTruncate = 01000;
inline constexpr u32 kAppend = 02000, kNonblock = 04000, kDirect = 040000, kLargeFile = 0100000;
inline constexpr u32 kDirectory = 0200000, kNoFollow = 0400000, kNoAccessTime = 01000000, kCloseOnExec = 02000000;
inline constexpr u32 kPath = 010000000, kTemporary = 020000000 | kDirectory;
/// Those that fcntl(F_SETFL) may change.
inline constexpr u32 kChangeable = kAppend | kNonblock | kDirect | kNoAccessTime | 020000;
}  // namespace open_flag

/// What lseek counts from.
enum class SeekFrom : u32 { Start = 0, Current = 1, End = 2, Data = 3, Hole = 4 };

/// The error that a system call ends with when a signal waits and it may be started again after the handler (SA_RESTART):
/// Linux's internal number, never seen by programs.
inline constexpr int kRestartSyscall = 512;

/// An open file: an inode with a position and flags. Descriptors, and mappings, share it; it closes with the last of them.
/// As a PageSource it is what a region of the file gets its pages from.
class File : public PageSource {
   public:
    explicit File(const OpenRequest& request);
    /// Keeps the name by which it was opened. ENOMEM. Called once, by whoever opened it.
    Result<void> keep_name(const OpenRequest& request);

    const Place& place() const { return place_; }
    Inode& inode() const { return *place_.inode; }
    u32 flags() const { return flags_.load(std::memory_order_relaxed); }
    void set_flags(u32 flags) { flags_.store(flags, std::memory_order_relaxed); }
    bool can_read() const { return (flags() & open_flag::kAccessMode) != open_flag::kWriteOnly; }
    bool can_write() const { return (flags() & open_flag::kAccessMode) != open_flag::kReadOnly; }
    bool is_path_only() const { return flags() & open_flag::kPath; }
    bool is_nonblocking() const { return flags() & open_flag::kNonblock; }

    /// Whether it has a position. Without one, `read` and `write` are the device's and the *_at calls fail with ESPIPE.
    virtual bool is_seekable() const { return false; }
    /// At the position, which moves on; also for directories EISDIR. EAGAIN, kRestartSyscall, EFAULT where no byte was moved.
    virtual Result<u64> read(IoBuffer& buffer);
    virtual Result<u64> write(IoBuffer& buffer);
    virtual Result<u64> read_at(u64 offset, IoBuffer& buffer);
    virtual Result<u64> write_at(u64 offset, IoBuffer& buffer);
    /// The new position. ESPIPE, EINVAL.
    virtual Result<u64> seek(i64 distance, SeekFrom from);
    /// Events that it has now; joins its queues through `waits` first where that is not null.
    virtual u16 poll(PollWaits* waits);
    virtual Result<u64> ioctl(u32 request, u64 argument);
    virtual Result<void> read_entries(DirectoryVisitor& visitor);
    virtual Result<void> truncate(u64 bytes);
    virtual FileStatus status();

    /// What mmap maps: this file, or null for zero pages. ENODEV: it cannot be mapped. EACCES: its mode forbids it.
    virtual Result<Ref<PageSource>> mapping(Protection protection, Sharing sharing);

    Result<FrameRef> page(u64 index) override;
    void describe(Sink& sink) const override;
    const void* identity() const override { return &inode(); }
    /// Its path as seen from `root`, with " (deleted)" where it has no name any more; "pipe:[7]" where it never had one. ENOMEM.
    Result<String> path(const Place& root) const;

    ~File() override;

   protected:
    /// What `path` answers for a file without a name.
    virtual void print_nameless(Sink& sink) const;
    Mutex position_lock_{LockRank::FileOffset};
    u64 position_ = 0;  ///< guarded by position_lock_

    /// Keeps the path for `describe`, which may not take the locks that finding it takes.
    Result<void> keep_described_path();

   private:
    Place place_;
    Place directory_;
    String name_;
    String described_;  ///< made by the first mapping
    std::atomic<u32> flags_;
};

/// An open regular file, through its inode's read_at and write_at. Also what devices without state are opened as.
class InodeFile : public File {
   public:
    using File::File;
    bool is_seekable() const override { return true; }
    Result<u64> read_at(u64 offset, IoBuffer& buffer) override;
    Result<u64> write_at(u64 offset, IoBuffer& buffer) override;
    Result<u64> write(IoBuffer& buffer) override;
    Result<void> truncate(u64 bytes) override;
    Result<Ref<PageSource>> mapping(Protection protection, Sharing sharing) override;
};

/// An open directory.
class DirectoryFile : public File {
   public:
    using File::File;
    bool is_seekable() const override { return true; }
    Result<u64> seek(i64 distance, SeekFrom from) override;
    Result<void> read_entries(DirectoryVisitor& visitor) override;
};

/// Opens what `path` names, as open(2) does with `flags` (O_*) and `permissions` (already without the mask).
Result<Ref<File>> open_file(const WalkFrom& from, std::string_view path, u32 flags, u32 permissions);

/// An unnamed file in memory, open for reading and writing: shared anonymous memory ("/dev/zero") and memfd_create.
Result<Ref<File>> make_anonymous_file(std::string_view name, u64 bytes);
