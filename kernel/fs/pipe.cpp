// SPDX-License-Identifier: MIT
/// @file
/// @brief Pipes.
/// @chapter files
///
/// A pipe's lock is one that sleeps, so bytes go straight between user memory and the ring while it is held. Whoever has to
/// wait stands in the queue first, then looks at the ring, then sleeps: a change in between has taken it out of the queue. (Its
/// token alone would not do: the sleep for the lock may have used that up.)
#include "fs/pipe.h"

#include <asm/ioctls.h>

#include <algorithm>

#include "fs/nameless.h"
#include "sched/thread.h"

Result<u64> ByteRing::fill(IoBuffer& buffer) {
    u64 done = 0;
    while (!buffer.empty() && room() > 0) {
        FrameRef& frame = frame_at(tail_);
        if (!frame) {
            Result<FrameRef> made = FrameRef::allocate(Fill::Nothing);
            if (!made.ok()) return done > 0 ? Result<u64>(done) : Result<u64>(made.error());
            frame = std::move(made).value();
        }
        const u64 place = tail_ % kPageBytes;
        const u64 step = std::min({buffer.size(), room(), kPageBytes - place});
        const Result<void> taken = buffer.take({frame.data() + place, step});
        if (!taken.ok()) return done > 0 ? Result<u64>(done) : Result<u64>(taken.error());
        tail_ += step;
        done += step;
    }
    return done;
}

Result<u64> ByteRing::drain(IoBuffer& buffer) {
    u64 done = 0;
    while (!buffer.empty() && used() > 0) {
        const u64 place = head_ % kPageBytes;
        const u64 step = std::min({buffer.size(), used(), kPageBytes - place});
        const Result<void> put = buffer.put({frame_at(head_).data() + place, step});
        if (!put.ok()) return done > 0 ? Result<u64>(done) : Result<u64>(put.error());
        head_ += step;
        done += step;
    }
    if (used() == 0) head_ = tail_ = 0;  // the next byte goes to a frame that is there already
    return done;
}

Result<Ref<Pipe>> Pipe::create() { return make_ref<Pipe>(); }

Result<u64> Pipe::read(IoBuffer& buffer, u32 flags) {
    if (buffer.empty()) return 0;
    for (;;) {
        Waiter waiter(readable_);
        {
            MutexGuard guard(lock_);
            if (ring_.used() > 0) {
                const u64 count = TRY(ring_.drain(buffer));
                if (ring_.room() >= kAtomicBytes) writable_.wake_all();
                return count;
            }
            if (writers_ == 0) return 0;
        }
        if (flags & open_flag::kNonblock) return Error{EAGAIN};
        if (waiter.wait(Sleep::Interruptible) == Wake::Interrupted) return Error{kRestartSyscall};
    }
}

/// Writes what fits once there is room for `needed` bytes; 0 while there is not. EPIPE, EFAULT.
Result<u64> Pipe::write_some(IoBuffer& buffer, u64 needed) {
    MutexGuard guard(lock_);
    if (readers_ == 0) return Error{EPIPE};
    if (ring_.room() < needed) return 0;
    const u64 count = TRY(ring_.fill(buffer));
    readable_.wake_all();
    return count;
}

Result<u64> Pipe::write(IoBuffer& buffer, u32 flags) {
    // A short write waits until all of it fits, so that it is not mixed with others; a long one goes in piece by piece.
    const bool atomic = buffer.size() <= kAtomicBytes;
    u64 done = 0;
    while (!buffer.empty()) {
        Waiter waiter(writable_);
        const Result<u64> count = write_some(buffer, atomic ? buffer.size() : 1);
        if (!count.ok()) return done > 0 ? Result<u64>(done) : Result<u64>(count.error());
        done += count.value();
        if (buffer.empty()) break;
        if (count.value() > 0) continue;
        if (flags & open_flag::kNonblock) return done > 0 ? Result<u64>(done) : Result<u64>(Error{EAGAIN});
        if (waiter.wait(Sleep::Interruptible) == Wake::Interrupted) {
            return done > 0 ? Result<u64>(done) : Result<u64>(Error{kRestartSyscall});
        }
    }
    return done;
}

u16 Pipe::poll(PollWaits* waits, u32 flags) {
    const u32 mode = flags & open_flag::kAccessMode;
    if (waits && mode != open_flag::kWriteOnly) waits->add(readable_);
    if (waits && mode != open_flag::kReadOnly) waits->add(writable_);
    MutexGuard guard(lock_);
    u16 events = 0;
    if (mode != open_flag::kWriteOnly) {
        if (ring_.used() > 0) events |= poll_event::kReadable;
        if (writers_ == 0 && writers_ever_ > 0) events |= poll_event::kHangUp;
    }
    if (mode != open_flag::kReadOnly) {
        if (ring_.room() >= kAtomicBytes) events |= poll_event::kWritable;
        if (readers_ == 0) events |= poll_event::kError;
    }
    return events;
}

u64 Pipe::bytes_waiting() {
    MutexGuard guard(lock_);
    return ring_.used();
}

void Pipe::add_end(u32 flags) {
    MutexGuard guard(lock_);
    const u32 mode = flags & open_flag::kAccessMode;
    if (mode != open_flag::kWriteOnly) ++readers_, ++readers_ever_;
    if (mode != open_flag::kReadOnly) ++writers_, ++writers_ever_;
    readable_.wake_all();
    writable_.wake_all();
}

void Pipe::close_end(u32 flags) {
    MutexGuard guard(lock_);
    const u32 mode = flags & open_flag::kAccessMode;
    if (mode != open_flag::kWriteOnly) --readers_;
    if (mode != open_flag::kReadOnly) --writers_;
    readable_.wake_all();
    writable_.wake_all();
}

/// Whether the side that an opener with these flags waits for is there, or was there since it began to wait.
bool Pipe::other_side_came(u32 flags, u64 seen_readers, u64 seen_writers) {
    MutexGuard guard(lock_);
    if ((flags & open_flag::kAccessMode) == open_flag::kReadOnly) return writers_ > 0 || writers_ever_ != seen_writers;
    return readers_ > 0 || readers_ever_ != seen_readers;
}

/// Whether somebody has it open for reading.
bool Pipe::has_reader() {
    MutexGuard guard(lock_);
    return readers_ > 0;
}

Result<void> Pipe::open_end(u32 flags) {
    const u32 mode = flags & open_flag::kAccessMode;
    const bool waits = !(flags & open_flag::kNonblock) && mode != open_flag::kReadWrite;
    if (!waits && mode == open_flag::kWriteOnly && !has_reader()) return Error{ENXIO};
    add_end(flags);
    if (!waits) return {};
    u64 seen_readers, seen_writers;
    {
        MutexGuard guard(lock_);
        seen_readers = readers_ever_;
        seen_writers = writers_ever_;
    }
    for (;;) {
        Waiter waiter(mode == open_flag::kReadOnly ? readable_ : writable_);
        if (other_side_came(flags, seen_readers, seen_writers)) return {};
        if (waiter.wait(Sleep::Interruptible) == Wake::Interrupted) {
            close_end(flags);
            return Error{kRestartSyscall};
        }
    }
}

PipeFile::~PipeFile() { pipe_->close_end(flags()); }

Result<u64> PipeFile::read(IoBuffer& buffer) { return pipe_->read(buffer, flags()); }
Result<u64> PipeFile::write(IoBuffer& buffer) { return pipe_->write(buffer, flags()); }
u16 PipeFile::poll(PollWaits* waits) { return pipe_->poll(waits, flags()); }

Result<u64> PipeFile::ioctl(u32 request, u64 argument) {
    if (request != FIONREAD) return Error{ENOTTY};
    TRY(UserPtr<i32>(argument).write(static_cast<i32>(pipe_->bytes_waiting())));
    return 0;
}

void PipeFile::print_nameless(Sink& sink) const { print(sink, "pipe:[", inode().number(), ']'); }

/// The end of a pipe whose counts include it already.
static Result<Ref<File>> new_end(const OpenRequest& request, const Ref<Pipe>& pipe) {
    Result<Ref<PipeFile>> file = make_ref<PipeFile>(request, pipe);
    if (!file.ok()) {
        pipe->close_end(request.flags);
        return file.error();
    }
    TRY((*file)->keep_name(request));
    return Ref<File>(*file);
}

Result<Ref<File>> open_named_pipe(const OpenRequest& request, Ref<Pipe> pipe) {
    TRY(pipe->open_end(request.flags));
    return new_end(request, pipe);
}

namespace {

/// What an unnamed pipe's two files have in common; it can be opened again through /proc/self/fd. That never waits: whoever
/// would be waited for has had its end since the pipe was made, and may be done with it already.
class PipeInode final : public Inode {
   public:
    PipeInode(Filesystem& filesystem, Ref<Pipe> pipe, u64 number)
        : Inode(filesystem, FileType::Fifo, 0600, number), pipe_(std::move(pipe)) {}
    Result<Ref<File>> open(const OpenRequest& request) override {
        pipe_->add_end(request.flags);
        return new_end(request, pipe_);
    }

   private:
    Ref<Pipe> pipe_;
};

}  // namespace

Result<PipeEnds> make_pipe(u32 flags) {
    const Ref<Pipe> pipe = TRY(Pipe::create());
    Filesystem* nameless = TRY(nameless_filesystem());
    OpenRequest request;
    request.place.inode = TRY(make_ref<PipeInode>(*nameless, pipe, nameless_number()));
    PipeEnds ends;
    request.flags = flags | open_flag::kReadOnly;
    pipe->add_end(request.flags);
    ends.read = TRY(new_end(request, pipe));
    request.flags = flags | open_flag::kWriteOnly;
    pipe->add_end(request.flags);
    ends.write = TRY(new_end(request, pipe));
    return ends;
}
