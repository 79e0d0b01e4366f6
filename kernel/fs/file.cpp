// SPDX-License-Identifier: MIT
/// @file
/// @brief Open files: position, flags, name, and what each operation answers where a file does not have it.
/// @chapter files
#include "fs/file.h"

#include "fs/tmpfs.h"

File::File(const OpenRequest& request)
    : place_(request.place),
      flags_(request.flags & ~(open_flag::kCreate | open_flag::kExclusive | open_flag::kNoControllingTty |
                               open_flag::kTruncate | open_flag::kCloseOnExec)) {}

File::~File() = default;

Result<void> File::keep_name(const OpenRequest& request) {
    directory_ = request.directory;
    return name_.append(request.name);
}

/// What reading, writing or seeking answers for a file that has no position.
static Error no_position(const File& file) { return Error{file.inode().is_directory() ? EISDIR : ESPIPE}; }

Result<u64> File::read_at(u64, IoBuffer&) { return no_position(*this); }
Result<u64> File::write_at(u64, IoBuffer&) { return no_position(*this); }

Result<u64> File::read(IoBuffer& buffer) {
    MutexGuard guard(position_lock_);
    const u64 count = TRY(read_at(position_, buffer));
    position_ += count;
    return count;
}

Result<u64> File::write(IoBuffer& buffer) {
    MutexGuard guard(position_lock_);
    const u64 count = TRY(write_at(position_, buffer));
    position_ += count;
    return count;
}

Result<u64> File::seek(i64 distance, SeekFrom from) {
    if (!is_seekable()) return Error{ESPIPE};
    MutexGuard guard(position_lock_);
    const i64 size = static_cast<i64>(inode().size());
    i64 base = 0;
    switch (from) {
    case SeekFrom::Start: break;
    case SeekFrom::Current: base = static_cast<i64>(position_); break;
    case SeekFrom::End: base = size; break;
    case SeekFrom::Data:  // everything up to the end counts as data
    case SeekFrom::Hole:
        if (distance < 0 || distance >= size) return Error{ENXIO};
        if (from == SeekFrom::Hole) base = size - distance;
        break;
    default: return Error{EINVAL};
    }
    i64 target = 0;
    if (__builtin_add_overflow(base, distance, &target)) return Error{EOVERFLOW};
    if (target < 0) return Error{EINVAL};
    return position_ = static_cast<u64>(target);
}

/// A file that never makes anybody wait.
u16 File::poll(PollWaits*) { return poll_event::kReadable | poll_event::kWritable; }
Result<u64> File::ioctl(u32, u64) { return Error{ENOTTY}; }
Result<void> File::read_entries(DirectoryVisitor&) { return Error{ENOTDIR}; }
Result<void> File::truncate(u64) { return Error{EINVAL}; }
FileStatus File::status() { return inode().status(); }
Result<Ref<PageSource>> File::mapping(Protection, Sharing) { return Error{ENODEV}; }
Result<FrameRef> File::page(u64 index) { return inode().page(index); }
void File::describe(Sink& sink) const { put(sink, described_.view()); }

Result<void> File::keep_described_path() {
    if (!described_.empty()) return {};
    MutexGuard guard(position_lock_);
    String path = TRY(this->path(mounts::root()));
    if (described_.empty()) described_ = std::move(path);
    return {};
}

void File::print_nameless(Sink& sink) const { print(sink, "anon_inode:[", inode().number(), ']'); }

Result<String> File::path(const Place& root) const {
    String path;
    if (!place_.mount && name_.empty()) {
        char text[64];
        BufferSink sink(text);
        print_nameless(sink);
        TRY(path.append(sink.view()));
        return path;
    }
    if (!directory_) {
        TRY(path.append(name_.view()));
    } else if (inode().is_directory()) {
        Result<String> found = path_of_directory(place_, root);
        path = found.ok() ? std::move(found).value() : TRY(String::from(name_.view()));
    } else {
        Result<String> found = path_of(directory_, name_.view(), root);
        path = found.ok() ? std::move(found).value() : TRY(String::from(name_.view()));
    }
    if (place_.inode->status().attributes.links == 0) TRY(path.append(" (deleted)"));
    return path;
}

Result<u64> InodeFile::read_at(u64 offset, IoBuffer& buffer) { return inode().read_at(offset, buffer); }
Result<u64> InodeFile::write_at(u64 offset, IoBuffer& buffer) { return inode().write_at(offset, buffer); }

Result<u64> InodeFile::write(IoBuffer& buffer) {
    if (!(flags() & open_flag::kAppend)) return File::write(buffer);
    MutexGuard guard(position_lock_);
    const u64 count = TRY(inode().append(buffer));
    position_ = inode().size();
    return count;
}

Result<void> InodeFile::truncate(u64 bytes) { return inode().truncate(bytes); }

Result<Ref<PageSource>> InodeFile::mapping(Protection protection, Sharing sharing) {
    if (!can_read()) return Error{EACCES};
    if (sharing == Sharing::Shared && protection.write && !can_write()) return Error{EACCES};
    TRY(keep_described_path());
    return Ref<PageSource>(this);
}

Result<u64> DirectoryFile::seek(i64 distance, SeekFrom from) {
    if (from != SeekFrom::Start && !(from == SeekFrom::Current && distance == 0)) return Error{EINVAL};
    return File::seek(distance, from);
}

/// "." and ".." come first, with the cookies 1 and 2; the inode's own entries follow. The position is the last cookie seen.
Result<void> DirectoryFile::read_entries(DirectoryVisitor& visitor) {
    MutexGuard guard(position_lock_);
    /// Passes entries on and remembers how far they were taken.
    struct Follower final : DirectoryVisitor {
        Follower(DirectoryVisitor& to, u64& at) : visitor(to), position(at) {}
        Next visit(const Entry& entry) override {
            const Next next = visitor.visit(entry);
            if (next == Next::Continue) position = entry.cookie;
            return next;
        }
        DirectoryVisitor& visitor;
        u64& position;
    } follower(visitor, position_);
    using Next = DirectoryVisitor::Next;
    if (position_ == 0 && follower.visit({".", inode().number(), FileType::Directory, 1}) == Next::Stop) return {};
    const u64 parent = parent_of(place(), mounts::root()).inode->number();
    if (position_ == 1 && follower.visit({"..", parent, FileType::Directory, 2}) == Next::Stop) return {};
    return inode().read_entries(position_, follower);
}

/// The file system that anonymous files are in; made with the first of them, never let go.
static Result<Tmpfs*> anonymous_tmpfs() {
    static constinit std::atomic<Tmpfs*> shared{nullptr};
    Tmpfs* there = shared.load(std::memory_order_acquire);
    if (there) return there;
    Ref<Tmpfs> made = TRY(make_ref<Tmpfs>("tmpfs", frames::total_bytes()));
    if (shared.compare_exchange_strong(there, made.get())) {
        made->take_reference();
        there = made.get();
    }
    return there;
}

Result<Ref<File>> make_anonymous_file(std::string_view name, u64 bytes) {
    Tmpfs* tmpfs = TRY(anonymous_tmpfs());
    OpenRequest request{.place = {}, .directory = {}, .name = name, .flags = open_flag::kReadWrite};
    request.place.inode = TRY(tmpfs->make_inode({.permissions = 0777}));
    request.place.inode->change_attributes([](Attributes& attributes) { attributes.links = 0; });
    TRY(request.place.inode->truncate(bytes));
    Ref<File> file = TRY(request.place.inode->open(request));
    return file;
}
