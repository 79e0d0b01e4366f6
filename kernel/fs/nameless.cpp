// SPDX-License-Identifier: MIT
/// @file
/// @brief Inodes without a name.
/// @chapter files
#include "fs/nameless.h"

#include "fs/mount.h"
#include "sched/thread.h"

namespace {

class NamelessFilesystem final : public Filesystem {
   public:
    const char* type_name() const override { return "anon_inodefs"; }
    FilesystemStatus status() override {
        return {.magic = 0x09041934, .blocks = 0, .free_blocks = 0, .files = 0, .free_files = 0};
    }
};

/// A 64-bit counter: writes add to it, a read takes all of it (or one), and waits while it is zero.
class EventFile final : public File {
   public:
    EventFile(const OpenRequest& request, u64 initial, EventMode mode)
        : File(request), count_(LockRank::Pipe, initial), mode_(mode) {}
    Result<u64> read(IoBuffer& buffer) override;
    Result<u64> write(IoBuffer& buffer) override;
    u16 poll(PollWaits* waits) override;

   protected:
    void print_nameless(Sink& sink) const override { put(sink, "anon_inode:[eventfd]"); }

   private:
    static constexpr u64 kMax = ~0ULL - 1;
    SpinLocked<u64> count_;
    EventMode mode_;
    WaitQueue readable_, writable_;
};

Result<u64> EventFile::read(IoBuffer& buffer) {
    if (buffer.size() < sizeof(u64)) return Error{EINVAL};
    u64 value;
    {
        auto count = count_.lock();
        while (*count == 0) {
            if (is_nonblocking()) return Error{EAGAIN};
            if (readable_.wait(count.guard(), Sleep::Interruptible) == Wake::Interrupted) return Error{kRestartSyscall};
        }
        value = mode_ == EventMode::Semaphore ? 1 : *count;
        *count -= value;
    }
    writable_.wake_all();
    TRY(buffer.put(std::as_bytes(std::span(&value, 1))));
    return sizeof(u64);
}

Result<u64> EventFile::write(IoBuffer& buffer) {
    if (buffer.size() < sizeof(u64)) return Error{EINVAL};
    u64 value;
    TRY(buffer.take(std::as_writable_bytes(std::span(&value, 1))));
    if (value == ~0ULL) return Error{EINVAL};
    {
        auto count = count_.lock();
        while (kMax - *count < value) {
            if (is_nonblocking()) return Error{EAGAIN};
            if (writable_.wait(count.guard(), Sleep::Interruptible) == Wake::Interrupted) return Error{kRestartSyscall};
        }
        *count += value;
    }
    readable_.wake_all();
    return sizeof(u64);
}

u16 EventFile::poll(PollWaits* waits) {
    if (waits) waits->add(readable_);
    if (waits) waits->add(writable_);
    const u64 count = *count_.lock();
    u16 events = 0;
    if (count > 0) events |= poll_event::kReadable;
    if (count < kMax) events |= poll_event::kWritable;
    return events;
}

}  // namespace

Result<Filesystem*> nameless_filesystem() {
    static constinit std::atomic<Filesystem*> shared{nullptr};
    Filesystem* there = shared.load(std::memory_order_acquire);
    if (there) return there;
    Ref<NamelessFilesystem> made = TRY(make_ref<NamelessFilesystem>());
    if (shared.compare_exchange_strong(there, made.get())) {
        made->take_reference();
        there = made.get();
    }
    return there;
}

u64 nameless_number() {
    static constinit std::atomic<u64> next{1};
    return next.fetch_add(1, std::memory_order_relaxed);
}

Result<Ref<File>> make_event_file(u64 initial, EventMode mode, u32 flags) {
    Filesystem* nameless = TRY(nameless_filesystem());
    OpenRequest request;
    request.flags = flags | open_flag::kReadWrite;
    request.place.inode = TRY(make_ref<Inode>(*nameless, FileType::Regular, 0600u, nameless_number()));
    Ref<EventFile> file = TRY(make_ref<EventFile>(request, initial, mode));
    return Ref<File>(file);
}
