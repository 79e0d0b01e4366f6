// SPDX-License-Identifier: MIT
/// @file
/// @brief Directories: reading them, standing in them, mounting on them.
/// @chapter linux-interface
#include <linux/fcntl.h>

#include <algorithm>

#include "fs/devices.h"
#include "fs/procfs.h"
#include "fs/tmpfs.h"
#include "syscall/fs_calls.h"

namespace {

/// Linux's struct linux_dirent64, before its name.
struct EntryHeader {
    u64 number;
    u64 cookie;
    u16 bytes;
    u8 type;
} __attribute__((packed));
static_assert(sizeof(EntryHeader) == 19);

/// Packs entries into a page of the kernel's, from where they go to the program when the directory's locks are let go.
class EntryPacker final : public DirectoryVisitor {
   public:
    explicit EntryPacker(std::span<std::byte> room) : room_(room) {}
    Next visit(const Entry& entry) override {
        const usize text_end = sizeof(EntryHeader) + entry.name.size() + 1;
        const usize bytes = align_up(text_end, 8);
        if (bytes > room_.size() - used_) {
            is_full_ = true;
            return Next::Stop;
        }
        const EntryHeader header{entry.number, entry.cookie, static_cast<u16>(bytes), static_cast<u8>(entry.type)};
        std::byte* to = room_.data() + used_;
        memset(to, 0, bytes);
        memcpy(to, &header, sizeof(header));
        memcpy(to + sizeof(header), entry.name.data(), entry.name.size());
        used_ += bytes;
        return Next::Continue;
    }
    usize used() const { return used_; }
    bool is_full() const { return is_full_; }

   private:
    std::span<std::byte> room_;
    usize used_ = 0;
    bool is_full_ = false;
};

}  // namespace

/// EINVAL: not even one entry fits.
Result<u64> sys_getdents64(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    const FrameRef page = TRY(FrameRef::allocate(Fill::Nothing));
    EntryPacker packer({page.data(), std::min(args.a[2], kPageBytes)});
    const Result<u64> before = file->seek(0, SeekFrom::Current);
    TRY(file->read_entries(packer));
    if (packer.used() == 0 && packer.is_full()) return Error{EINVAL};
    const Result<void> copied = copy_to_user(VirtAddr(args.a[1]), page.data(), packer.used());
    if (copied.ok()) return packer.used();
    // What the program did not get is to be read again. Having entries, the file is a directory and has a position.
    TRY(file->seek(static_cast<i64>(before.value()), SeekFrom::Start));
    return copied.error();
}

/// Answers the length with the closing zero.
Result<u64> sys_getcwd(const SyscallArgs& args) {
    FsContext& fs = current_fs();
    const Place cwd = fs.cwd(), root = fs.root();
    String path = TRY(path_of_directory(cwd, root));
    TRY(path.append(std::string_view("", 1)));
    if (path.size() > args.a[1]) return Error{ERANGE};
    TRY(copy_to_user(VirtAddr(args.a[0]), path.view().data(), path.size()));
    return path.size();
}

static Result<Place> directory_argument(u64 path) {
    Place place = TRY(place_argument(AT_FDCWD, path, 0));
    if (!place.inode->is_directory()) return Error{ENOTDIR};
    return place;
}

Result<u64> sys_chdir(const SyscallArgs& args) {
    current_fs().set_cwd(TRY(directory_argument(args.a[0])));
    return 0;
}
Result<u64> sys_fchdir(const SyscallArgs& args) {
    const Ref<File> file = TRY(current_files().any(args.fd(0)));
    if (!file->inode().is_directory()) return Error{ENOTDIR};
    current_fs().set_cwd(file->place());
    return 0;
}
Result<u64> sys_chroot(const SyscallArgs& args) {
    current_fs().set_root(TRY(directory_argument(args.a[0])));
    return 0;
}
Result<u64> sys_umask(const SyscallArgs& args) { return u64{current_fs().set_umask(static_cast<u32>(args.a[0]))}; }

/// Reads "size=64m" out of a tmpfs's options; the usual limit where there is none. EINVAL.
static Result<u64> tmpfs_limit(std::string_view options) {
    const usize at = options.find("size=");
    if (at == std::string_view::npos) return frames::total_bytes() / 2;
    u64 bytes = 0;
    for (const char c : options.substr(at + 5)) {
        switch (c) {
        case 'k': bytes *= kKiB; break;
        case 'm': bytes *= kMiB; break;
        case 'g': bytes *= kGiB; break;
        case '%': bytes = frames::total_bytes() / 100 * bytes; break;
        case ',': return bytes;
        default:
            if (c < '0' || c > '9') return Error{EINVAL};
            bytes = bytes * 10 + static_cast<u64>(c - '0');
        }
    }
    return bytes;
}

static Result<Ref<Inode>> make_tmpfs(std::string_view options) {
    const u64 limit = TRY(tmpfs_limit(options));
    return Tmpfs::create("tmpfs", limit);
}

/// A tree of the type that mount(2) names. ENODEV: no such type.
static Result<Ref<Inode>> tree_of_type(std::string_view type, std::string_view options) {
    if (type == "proc") return procfs::tree();
    if (type == "devtmpfs") return devices::tree();
    if (type == "tmpfs" || type == "ramfs") return make_tmpfs(options);
    return Error{ENODEV};
}

static Result<String> optional_text(u64 address, std::string_view otherwise) {
    if (address == 0) return String::from(otherwise);
    return string_from_user(VirtAddr(address), kPageBytes - 1);
}

/// mount(source, target, type, flags, data). Mounting again with other flags and changing propagation succeed without effect.
Result<u64> sys_mount(const SyscallArgs& args) {
    constexpr u64 kReadOnly = 1, kRemount = 32, kBind = 4096, kMove = 8192, kPropagation = 0xf << 17;
    const u64 flags = args.a[3];
    const Place target = TRY(place_argument(AT_FDCWD, args.a[1], 0));
    if (flags & (kRemount | kPropagation)) return 0;
    if (flags & kMove) return Error{EINVAL};
    const String source = TRY(optional_text(args.a[0], "none"));
    Ref<Inode> tree;
    if (flags & kBind) {
        const Place place = TRY(directory_argument(args.a[0]));
        tree = place.inode;
    } else {
        const String type = TRY(string_from_user(VirtAddr(args.a[2]), kPageBytes - 1));
        const String options = TRY(optional_text(args.a[4], ""));
        tree = TRY(tree_of_type(type.view(), options.view()));
    }
    TRY(mounts::mount({tree, source.view(), flags & kReadOnly ? "ro,relatime" : "rw,relatime"}, target));
    return 0;
}

/// umount2(target, flags): UMOUNT_NOFOLLOW is 8; the others change nothing.
Result<u64> sys_umount2(const SyscallArgs& args) {
    constexpr u64 kNoFollow = 8;
    const LastLink last = args.a[1] & kNoFollow ? LastLink::Keep : LastLink::Follow;
    Place place = TRY(place_argument(AT_FDCWD, args.a[0], 0, last));
    TRY(mounts::unmount(std::move(place)));
    return 0;
}
