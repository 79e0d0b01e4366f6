// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading and writing.
/// @chapter linux-interface
#include <algorithm>

#include "proc/signal.h"
#include "syscall/fs_calls.h"
#include "x86/paging.h"

namespace {

/// The most that one call moves, as on Linux.
constexpr u64 kMaxTransfer = 0x7fff'f000;
constexpr u64 kMaxPieces = 1024;

/// Linux's struct iovec.
struct UserPiece {
    u64 address, bytes;
};

enum class Way : u8 { Read, Write };
/// Where in the file: at its position, or at an offset.
struct At {
    bool has_offset = false;
    u64 offset = 0;
};

Result<u64> move(File& file, Way way, At at, IoBuffer& buffer) {
    if (!(way == Way::Read ? file.can_read() : file.can_write())) return Error{EBADF};
    if (at.has_offset && static_cast<i64>(at.offset) < 0) return Error{EINVAL};
    if (at.has_offset && !file.is_seekable()) return Error{ESPIPE};
    if (way == Way::Read) return at.has_offset ? file.read_at(at.offset, buffer) : file.read(buffer);
    const Result<u64> written = at.has_offset ? file.write_at(at.offset, buffer) : file.write(buffer);
    if (!written.ok() && written.error() == Error{EPIPE}) signal_current(kSigPipe);
    return written.ok() ? Result<u64>(written.value()) : Result<u64>(written.error());
}

Result<u64> move_one(const SyscallArgs& args, Way way, At at) {
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    // The whole range must be a program's, also the part that one call would not reach.
    if (args.a[2] > kUserEnd.raw || args.a[1] > kUserEnd.raw - args.a[2]) return Error{EFAULT};
    UserSpan piece(VirtAddr(args.a[1]), std::min(args.a[2], kMaxTransfer));
    UserBuffer buffer({&piece, 1});
    return move(*file, way, at, buffer);
}

/// Reads an iovec array. EINVAL: too many pieces, or together more than a signed number holds; EFAULT.
Result<Vec<UserSpan>> read_pieces(UserPtr<UserPiece> pointer, u64 count) {
    if (count > kMaxPieces) return Error{EINVAL};
    Vec<UserSpan> pieces;
    u64 room = kMaxTransfer;
    for (u64 i = 0; i < count; ++i) {
        const UserPiece piece = TRY((pointer + i).read());
        if (static_cast<i64>(piece.bytes) < 0) return Error{EINVAL};
        const u64 bytes = std::min(piece.bytes, room);
        TRY(pieces.push(UserSpan(VirtAddr(piece.address), bytes)));
        room -= bytes;
    }
    return pieces;
}

Result<u64> move_many(const SyscallArgs& args, Way way, At at) {
    const Ref<File> file = TRY(current_files().get(args.fd(0)));
    Vec<UserSpan> pieces = TRY(read_pieces(args.pointer<UserPiece>(1), args.a[2]));
    UserBuffer buffer(pieces.span());
    return move(*file, way, at, buffer);
}

/// preadv2 and pwritev2: an offset of -1 means the position. No RWF_ flag is supported.
Result<u64> move_many_with_flags(const SyscallArgs& args, Way way) {
    if (args.a[5] != 0) return Error{EOPNOTSUPP};
    return move_many(args, way, args.a[3] == ~0ULL ? At{} : At{true, args.a[3]});
}

/// One step of sendfile, through a page of the kernel's. Answers how many bytes `to` took.
Result<u64> send_page(File& from, u64 offset, File& to, u64 limit) {
    const FrameRef page = TRY(FrameRef::allocate(Fill::Nothing));
    KernelBuffer in({page.data(), std::min(limit, kPageBytes)});
    const u64 got = TRY(from.read_at(offset, in));
    KernelBuffer out({page.data(), got});
    u64 sent = 0;
    while (!out.empty()) {
        const Result<u64> step = move(to, Way::Write, {}, out);
        if (!step.ok()) return sent > 0 ? Result<u64>(sent) : Result<u64>(step.error());
        sent += step.value();
    }
    return sent;
}

Result<u64> send_file(File& from, u64& offset, File& to, u64 bytes) {
    u64 done = 0;
    while (done < bytes) {
        const Result<u64> step = send_page(from, offset, to, bytes - done);
        if (!step.ok()) return done > 0 ? Result<u64>(done) : Result<u64>(step.error());
        if (step.value() == 0) break;
        offset += step.value();
        done += step.value();
    }
    return done;
}

}  // namespace

Result<u64> sys_read(const SyscallArgs& args) { return move_one(args, Way::Read, {}); }
Result<u64> sys_write(const SyscallArgs& args) { return move_one(args, Way::Write, {}); }
Result<u64> sys_pread64(const SyscallArgs& args) { return move_one(args, Way::Read, {true, args.a[3]}); }
Result<u64> sys_pwrite64(const SyscallArgs& args) { return move_one(args, Way::Write, {true, args.a[3]}); }
Result<u64> sys_readv(const SyscallArgs& args) { return move_many(args, Way::Read, {}); }
Result<u64> sys_writev(const SyscallArgs& args) { return move_many(args, Way::Write, {}); }
Result<u64> sys_preadv(const SyscallArgs& args) { return move_many(args, Way::Read, {true, args.a[3]}); }
Result<u64> sys_pwritev(const SyscallArgs& args) { return move_many(args, Way::Write, {true, args.a[3]}); }
Result<u64> sys_preadv2(const SyscallArgs& args) { return move_many_with_flags(args, Way::Read); }
Result<u64> sys_pwritev2(const SyscallArgs& args) { return move_many_with_flags(args, Way::Write); }

/// sendfile(out, in, offset, count): `in` must be a regular file. With an offset its position stays where it is.
Result<u64> sys_sendfile(const SyscallArgs& args) {
    const Ref<File> to = TRY(current_files().get(args.fd(0)));
    const Ref<File> from = TRY(current_files().get(args.fd(1)));
    if (!to->can_write() || !from->can_read()) return Error{EBADF};
    if (from->inode().type() != FileType::Regular || !from->is_seekable()) return Error{EINVAL};
    const u64 bytes = std::min(args.a[3], kMaxTransfer);
    const auto pointer = args.pointer<u64>(2);
    u64 offset = pointer ? TRY(pointer.read()) : TRY(from->seek(0, SeekFrom::Current));
    if (static_cast<i64>(offset) < 0) return Error{EINVAL};
    const u64 sent = TRY(send_file(*from, offset, *to, bytes));
    if (pointer) {
        TRY(pointer.write(offset));
    } else {
        TRY(from->seek(static_cast<i64>(offset), SeekFrom::Start));
    }
    return sent;
}
