// SPDX-License-Identifier: MIT
/// @file
/// @brief Pipes: 64 KiB between those who write and those who read.
/// @chapter files
#pragma once

#include "fs/file.h"

/// A ring of bytes, whose frames are made when they are first written. The caller serialises.
class ByteRing {
   public:
    static constexpr u64 kBytes = 64 * kKiB;

    u64 used() const { return tail_ - head_; }
    u64 room() const { return kBytes - used(); }
    /// Moves bytes from `buffer` into the ring: as many as fit. EFAULT, ENOMEM where not even one was moved.
    Result<u64> fill(IoBuffer& buffer);
    /// Moves bytes out: as many as there are. EFAULT: as above; what was not moved is still in the ring.
    Result<u64> drain(IoBuffer& buffer);

   private:
    static constexpr u64 kFrames = kBytes / kPageBytes;
    FrameRef& frame_at(u64 position) { return frames_[position % kBytes / kPageBytes]; }
    FrameRef frames_[kFrames];
    u64 head_ = 0, tail_ = 0;  ///< count up for ever; the place in the ring is modulo kBytes
};

/// What both ends of a pipe share.
class Pipe : public RefCounted {
   public:
    /// Writes of at most this many bytes are never mixed with other writes (PIPE_BUF).
    static constexpr u64 kAtomicBytes = 4096;

    static Result<Ref<Pipe>> create();
    Result<u64> read(IoBuffer& buffer, u32 flags);
    /// EPIPE: nobody can read it any more; the system call also sends SIGPIPE.
    Result<u64> write(IoBuffer& buffer, u32 flags);
    u16 poll(PollWaits* waits, u32 flags);
    u64 bytes_waiting();
    /// Counts an end in (or out) that has these flags; opening a FIFO waits for the other side. kRestartSyscall, ENXIO.
    Result<void> open_end(u32 flags);
    void close_end(u32 flags);
    /// Counts an end in without waiting: both of pipe(2)'s.
    void add_end(u32 flags);

   private:
    Result<u64> write_some(IoBuffer& buffer, u64 needed);
    bool has_reader();
    bool other_side_came(u32 flags, u64 seen_readers, u64 seen_writers);
    Mutex lock_{LockRank::Inode};
    ByteRing ring_;  ///< guarded by lock_, like the counts
    u32 readers_ = 0, writers_ = 0;
    u64 readers_ever_ = 0, writers_ever_ = 0;  ///< count openings, so that a FIFO's opener notices a short visit
    WaitQueue readable_, writable_;
};

/// One end of a pipe.
class PipeFile final : public File {
   public:
    PipeFile(const OpenRequest& request, Ref<Pipe> pipe) : File(request), pipe_(std::move(pipe)) {}
    ~PipeFile() override;
    Result<u64> read(IoBuffer& buffer) override;
    Result<u64> write(IoBuffer& buffer) override;
    u16 poll(PollWaits* waits) override;
    Result<u64> ioctl(u32 request, u64 argument) override;

   protected:
    void print_nameless(Sink& sink) const override;

   private:
    Ref<Pipe> pipe_;
};

/// Both ends of a new pipe, with `flags` O_NONBLOCK and O_DIRECT as pipe2 takes them. ENOMEM.
struct PipeEnds {
    Ref<File> read, write;
};
Result<PipeEnds> make_pipe(u32 flags);
/// Opens a named pipe whose inode keeps `pipe` (made on the first opening). kRestartSyscall, ENXIO, ENOMEM.
Result<Ref<File>> open_named_pipe(const OpenRequest& request, Ref<Pipe> pipe);
