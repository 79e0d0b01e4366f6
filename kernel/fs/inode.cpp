// SPDX-License-Identifier: MIT
/// @file
/// @brief What all inodes have in common, and how each method fails where a type does not have it.
/// @chapter files
#include "fs/inode.h"

#include <algorithm>

#include "fs/devices.h"
#include "fs/file.h"
#include "fs/mount.h"

u64 time_of_day_ns() { return Clock::boot_time_of_day_ns() + Clock::now().ns; }

Place::Place(Ref<Mount> m, Ref<Inode> i) : mount(std::move(m)), inode(std::move(i)) {}
Place::Place(const Place&) = default;
Place::Place(Place&&) noexcept = default;
Place& Place::operator=(const Place&) = default;
Place& Place::operator=(Place&&) noexcept = default;
Place::~Place() = default;

Inode::Inode(Filesystem& filesystem, FileType type, u32 permissions, u64 number)
    : filesystem_(&filesystem), type_(type), number_(number) {
    const u64 now = time_of_day_ns();
    auto attributes = attributes_.lock();
    attributes->permissions = permissions & 07777;
    attributes->links = type == FileType::Directory ? 2 : 1;
    attributes->accessed_ns = attributes->modified_ns = attributes->changed_ns = now;
}

Inode::~Inode() = default;

FileStatus Inode::status() {
    // Copied first: the lock would be held to the end of the whole initialisation.
    const Attributes attributes = *attributes_.lock();
    FileStatus status{
        .device = filesystem_->device(),
        .number = number_,
        .type = type_,
        .attributes = attributes,
        .node = node(),
        .bytes = size(),
        .blocks = blocks(),
    };
    return status;
}

void Inode::note_modified() {
    change_attributes([](Attributes& attributes) { attributes.modified_ns = time_of_day_ns(); });
}

void Inode::note_accessed() {
    auto attributes = attributes_.lock();
    if (attributes->accessed_ns > attributes->modified_ns && attributes->accessed_ns > attributes->changed_ns) return;
    attributes->accessed_ns = time_of_day_ns();
}

/// What an operation on names answers for an inode that cannot do it: not a directory, or a directory that does not change.
static Error no_names(const Inode& inode) { return Error{inode.is_directory() ? EPERM : ENOTDIR}; }
/// What an operation on contents answers for an inode that has none.
static Error no_contents(const Inode& inode) { return Error{inode.is_directory() ? EISDIR : EINVAL}; }

Result<Ref<Inode>> Inode::lookup(std::string_view) { return Error{is_directory() ? ENOENT : ENOTDIR}; }
Result<Ref<Inode>> Inode::create(std::string_view, const NewNode&) { return no_names(*this); }
Result<void> Inode::link(std::string_view, Inode&) { return no_names(*this); }
Result<void> Inode::unlink(std::string_view) { return no_names(*this); }
Result<void> Inode::remove_directory(std::string_view) { return no_names(*this); }
Result<void> Inode::rename(std::string_view, Inode&, std::string_view, RenameMode) { return no_names(*this); }
Result<void> Inode::read_entries(u64, DirectoryVisitor&) { return Error{ENOTDIR}; }
Result<FrameRef> Inode::page(u64) { return Error{ENXIO}; }
Result<u64> Inode::read_at(u64, IoBuffer&) { return no_contents(*this); }
Result<u64> Inode::write_at(u64, IoBuffer&) { return no_contents(*this); }
Result<u64> Inode::append(IoBuffer& buffer) { return write_at(size(), buffer); }
Result<void> Inode::truncate(u64) { return no_contents(*this); }

/// A new open file of the class that fits the inode.
template <class T>
static Result<Ref<File>> open_as(const OpenRequest& request) {
    Ref<T> file = TRY(make_ref<T>(request));
    TRY(file->keep_name(request));
    return Ref<File>(file);
}

Result<Ref<File>> Inode::open(const OpenRequest& request) {
    if (request.flags & open_flag::kPath) return open_as<File>(request);
    switch (type_) {
    case FileType::Regular: return open_as<InodeFile>(request);
    case FileType::Directory: return open_as<DirectoryFile>(request);
    case FileType::CharDevice: return devices::open(node(), request);
    case FileType::Symlink: return Error{ELOOP};
    case FileType::Fifo:
    case FileType::BlockDevice:
    case FileType::Socket: return Error{ENXIO};
    }
    return Error{ENXIO};
}

Result<u64> read_kernel(Inode& inode, u64 offset, std::span<std::byte> to) {
    u64 done = 0;
    while (done < to.size()) {
        KernelBuffer buffer(to.subspan(done));
        const u64 step = TRY(inode.read_at(offset + done, buffer));
        if (step == 0) break;
        done += step;
    }
    return done;
}
