// SPDX-License-Identifier: MIT
/// @file
/// @brief Inode: a file, directory, link or device as a file system knows it, whatever it is called and whoever has it open.
/// @chapter files
#pragma once

#include <string_view>

#include "fs/io_buffer.h"
#include "lib/ref.h"
#include "lib/string.h"
#include "mm/page_source.h"
#include "sync/spin_lock.h"

class File;
class Filesystem;
class Inode;
class Mount;

/// What an inode is. The values are those of `st_mode >> 12` and of `d_type`.
enum class FileType : u8 {
    Fifo = 1,
    CharDevice = 2,
    Directory = 4,
    BlockDevice = 6,
    Regular = 8,
    Symlink = 10,
    Socket = 12,
};

/// Major and minor number of a device node.
struct DeviceNumber {
    u32 major = 0, minor = 0;
    constexpr bool operator==(const DeviceNumber&) const = default;
    /// As `st_dev` and `mknod` write it.
    constexpr u64 encoded() const {
        return (minor & 0xff) | (u64{major & 0xfff} << 8) | (u64{minor & ~0xffu} << 12) | (u64{major & ~0xfffu} << 32);
    }
    static constexpr DeviceNumber decoded(u64 number) {
        return {static_cast<u32>(((number >> 8) & 0xfff) | ((number >> 32) & ~0xfffULL)),
                static_cast<u32>((number & 0xff) | ((number >> 12) & ~0xffULL))};
    }
};
static_assert(DeviceNumber{4, 64}.encoded() == 0x440);
static_assert(DeviceNumber::decoded(DeviceNumber{0x12345, 0x6789a}.encoded()) == DeviceNumber{0x12345, 0x6789a});

/// The time of day in nanoseconds since 1970.
u64 time_of_day_ns();

/// A directory or file in the tree of names: an inode, and the mount through which it was reached. The mount is null for
/// what has no name: pipes, anonymous memory.
struct Place {
    Ref<Mount> mount;
    Ref<Inode> inode;

    Place() = default;
    Place(Ref<Mount> m, Ref<Inode> i);
    Place(const Place&);
    Place(Place&&) noexcept;
    Place& operator=(const Place&);
    Place& operator=(Place&&) noexcept;
    ~Place();
    bool operator==(const Place& other) const { return mount == other.mount && inode == other.inode; }
    explicit operator bool() const { return static_cast<bool>(inode); }
};

/// What every inode has besides its contents.
struct Attributes {
    u32 permissions = 0;  ///< the low twelve bits of st_mode
    u32 links = 1;
    u32 owner = 0, group = 0;
    u64 accessed_ns = 0, modified_ns = 0, changed_ns = 0;  ///< time of day
};

/// What `stat` answers.
struct FileStatus {
    u64 device, number;
    FileType type;
    Attributes attributes;
    DeviceNumber node;  ///< of a device node
    u64 bytes;
    u64 blocks;  ///< of 512 bytes, that memory was really taken for
};

/// An entry to be made in a directory.
struct NewNode {
    FileType type = FileType::Regular;
    u32 permissions = 0;
    DeviceNumber node = {};
    std::string_view target = {};  ///< of a symbolic link
};

/// Called for every entry of a directory.
class DirectoryVisitor {
   public:
    enum class Next : u8 { Continue, Stop };
    struct Entry {
        std::string_view name;
        u64 number;
        FileType type;
        u64 cookie;  ///< where reading goes on after this entry
    };
    /// Stop: this entry was not taken; reading ends before it. Called with locks held: must not touch user memory.
    virtual Next visit(const Entry& entry) = 0;

   protected:
    ~DirectoryVisitor() = default;
};

/// Whether a rename may replace what has the new name.
enum class RenameMode : u8 { Replace, NoReplace, Exchange };

/// A symbolic link's end: text to be walked, or (the links of /proc/<pid>) directly a place.
struct LinkTarget {
    String text;
    Place place;
};

/// How a file is opened: O_* as Linux numbers them.
struct OpenRequest {
    Place place;      ///< what is opened
    Place directory;  ///< where it was found, and as what: for /proc/<pid>/fd and /proc/<pid>/maps
    std::string_view name;
    u32 flags = 0;
};

/// A file system's object. Methods that make no sense for its type fail as Linux does: ENOTDIR, EISDIR, EINVAL. Methods may
/// sleep unless they say otherwise.
class Inode : public RefCounted {
   public:
    Inode(Filesystem& filesystem, FileType type, u32 permissions, u64 number);
    ~Inode() override;

    Filesystem& filesystem() const { return *filesystem_; }
    FileType type() const { return type_; }
    u64 number() const { return number_; }
    bool is_directory() const { return type_ == FileType::Directory; }

    FileStatus status();
    /// Changes attributes under their lock: `change(attributes)`; sets the change time.
    template <class Change>
    void change_attributes(Change&& change) {
        auto attributes = attributes_.lock();
        change(*attributes);
        attributes->changed_ns = time_of_day_ns();
    }
    /// Sets the modification time, or (as mounts with `relatime` do) the access time.
    void note_modified();
    void note_accessed();

    virtual u64 size() { return 0; }
    virtual u64 blocks() { return 0; }
    virtual DeviceNumber node() const { return {}; }

    /// @name Directories
    /// @{
    /// The inode called `name` (never "." or ".."). ENOENT.
    virtual Result<Ref<Inode>> lookup(std::string_view name);
    /// EEXIST: the name is taken. ENOENT: this directory itself was removed. Nothing changed on any error, here and below.
    virtual Result<Ref<Inode>> create(std::string_view name, const NewNode& node);
    virtual Result<void> link(std::string_view name, Inode& target);
    /// Removes a name that is not a directory's. EISDIR, ENOENT.
    virtual Result<void> unlink(std::string_view name);
    /// Removes an empty directory. ENOTDIR, ENOTEMPTY, ENOENT, EBUSY: something is mounted on it.
    virtual Result<void> remove_directory(std::string_view name);
    /// Moves `name` to `new_name` in `new_parent`, a directory of the same file system. EINVAL: into itself.
    virtual Result<void> rename(std::string_view name, Inode& new_parent, std::string_view new_name, RenameMode mode);
    /// Visits entries in order from `cookie` (0: the first) on; "." and ".." are the caller's.
    virtual Result<void> read_entries(u64 cookie, DirectoryVisitor& visitor);
    /// The directory that this directory is in; itself at the root of its file system.
    virtual Ref<Inode> parent() { return Ref<Inode>(this); }
    /// What this directory is called in its parent. ENOENT: it was removed.
    virtual Result<String> own_name() { return Error{ENOENT}; }
    /// @}

    /// Where a symbolic link points.
    virtual Result<LinkTarget> read_link() { return Error{EINVAL}; }

    /// Opens this inode for `request`: a new open file. ENXIO: a device that is not there.
    virtual Result<Ref<File>> open(const OpenRequest& request);

    /// @name Contents of a regular file
    /// @{
    /// Page `index` for a mapping. ENXIO: beyond the end. Callable with an address space's lock held: takes spinning locks only.
    virtual Result<FrameRef> page(u64 index);
    /// Up to `buffer.size()` bytes from `offset`; 0 at the end.
    virtual Result<u64> read_at(u64 offset, IoBuffer& buffer);
    virtual Result<u64> write_at(u64 offset, IoBuffer& buffer);
    /// As write_at, at the end, in one step.
    virtual Result<u64> append(IoBuffer& buffer);
    virtual Result<void> truncate(u64 bytes);
    /// @}

    /// Mounts on this directory; a walk asks the mount table only where there are some.
    std::atomic<u32> mounts_here{0};

   protected:
    SpinLocked<Attributes> attributes_{LockRank::FilePages};

   private:
    Ref<Filesystem> filesystem_;
    FileType type_;
    u64 number_;
};

/// Reads all of `to` from `offset`, into kernel memory: what exec and the loader use. Short at the end of the file.
Result<u64> read_kernel(Inode& inode, u64 offset, std::span<std::byte> to);
