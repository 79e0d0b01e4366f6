// SPDX-License-Identifier: MIT
/// @file
/// @brief System calls: mappings and the heap. A virtual machine's memory is made with the same ones.
/// @chapter programs
#include "syscall/memory_calls.h"

#include <linux/mman.h>

#include "proc/process.h"
#include "syscall/fs_calls.h"

namespace {

constexpr u64 kKnownProtection = PROT_READ | PROT_WRITE | PROT_EXEC;

AddressSpace& current_space() { return *current_process().space; }

Result<Protection> protection_of(u64 bits) {
    if (bits & ~(kKnownProtection | PROT_GROWSDOWN | PROT_GROWSUP | 0x8 /* PROT_SEM */)) return Error{EINVAL};
    return Protection{(bits & PROT_READ) != 0, (bits & PROT_WRITE) != 0, (bits & PROT_EXEC) != 0};
}

/// RLIMIT_AS: whether `bytes` more may be mapped.
Result<void> check_limit(u64 bytes) {
    const u64 limit = current_process().limits.at(Resource::AddressSpace).current;
    if (limit == kUnlimited) return {};
    const u64 used = current_space().usage().virtual_bytes;
    if (bytes > limit || used > limit - bytes) return Error{ENOMEM};
    return {};
}

Result<Sharing> sharing_of(u64 flags) {
    switch (flags & MAP_TYPE) {
    case MAP_SHARED:
    case MAP_SHARED_VALIDATE: return Sharing::Shared;
    case MAP_PRIVATE: return Sharing::Private;
    default: return Error{EINVAL};
    }
}

AddressSpace::Placement placement_of(u64 flags) {
    if (flags & MAP_FIXED_NOREPLACE) return AddressSpace::Placement::FixedNoReplace;
    return flags & MAP_FIXED ? AddressSpace::Placement::Fixed : AddressSpace::Placement::Anywhere;
}

/// What the pages come from: a file, shared memory without a name, or nothing.
Result<Ref<PageSource>> source_of(const SyscallArgs& args, Protection protection, Sharing sharing, u64 bytes) {
    if (args.a[3] & MAP_ANONYMOUS) {
        if (sharing == Sharing::Private) return Ref<PageSource>();
        const Ref<File> memory = TRY(make_anonymous_file("/dev/zero", bytes));
        return memory->mapping(protection, sharing);
    }
    const Ref<File> file = TRY(current_files().get(args.fd(4)));
    if (!file->can_read()) return Error{EACCES};
    if (sharing == Sharing::Shared && protection.write && !file->can_write()) return Error{EACCES};
    return file->mapping(protection, sharing);
}

}  // namespace

Result<u64> sys_brk(const SyscallArgs& args) {
    AddressSpace& space = current_space();
    const VirtAddr now = space.set_break(VirtAddr(0));
    const VirtAddr wanted(args.a[0]);
    if (wanted > now && !check_limit(wanted - now).ok()) return now.raw;
    return space.set_break(wanted).raw;
}

Result<u64> sys_mmap(const SyscallArgs& args) {
    const VirtAddr address(args.a[0]);
    const u64 bytes = args.a[1], flags = args.a[3], offset = args.a[5];
    const Protection protection = TRY(protection_of(args.a[2]));
    const Sharing sharing = TRY(sharing_of(flags));
    const bool is_fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    if (!is_aligned(offset, kPageBytes) || bytes == 0 || (is_fixed && !address.is_page_aligned())) return Error{EINVAL};
    if (bytes > kUserEnd.raw) return Error{ENOMEM};
    if (offset + bytes < offset) return Error{EOVERFLOW};
    TRY(check_limit(bytes));
    Ref<PageSource> source = TRY(source_of(args, protection, sharing, bytes));
    const VirtAddr mapped =
        TRY(current_space().map({.address = address,
                                 .bytes = bytes,
                                 .placement = placement_of(flags),
                                 .protection = protection,
                                 .sharing = sharing,
                                 .source = std::move(source),
                                 .source_page = offset >> kPageShift,
                                 .kind = flags & MAP_STACK ? Region::Kind::ThreadStack : Region::Kind::Plain}));
    return mapped.raw;
}

Result<u64> sys_munmap(const SyscallArgs& args) {
    TRY(current_space().unmap(VirtAddr(args.a[0]), args.a[1]));
    return u64{0};
}

Result<u64> sys_mprotect(const SyscallArgs& args) {
    const Protection protection = TRY(protection_of(args.a[2]));
    TRY(current_space().protect(VirtAddr(args.a[0]), args.a[1], protection));
    return u64{0};
}

Result<u64> sys_mremap(const SyscallArgs& args) {
    const VirtAddr address(args.a[0]);
    const u64 old_bytes = args.a[1], new_bytes = args.a[2], flags = args.a[3];
    // A wish for an exact new place is not granted; neither glibc nor busybox has one.
    if (flags & ~u64{MREMAP_MAYMOVE} || new_bytes == 0 || !address.is_page_aligned()) return Error{EINVAL};
    if (new_bytes > old_bytes) TRY(check_limit(new_bytes - old_bytes));
    const auto move = flags & MREMAP_MAYMOVE ? AddressSpace::Move::Allowed : AddressSpace::Move::Never;
    return TRY(current_space().remap(address, old_bytes, new_bytes, move)).raw;
}

Result<u64> sys_madvise(const SyscallArgs& args) {
    const VirtAddr address(args.a[0]);
    if (!address.is_page_aligned()) return Error{EINVAL};
    switch (args.a[2]) {
    case MADV_DONTNEED:
    case MADV_FREE: TRY(current_space().discard(address, args.a[1])); return u64{0};
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_DONTDUMP:
    case MADV_DODUMP: return u64{0};
    default: return Error{EINVAL};
    }
}

/// What is shared is memory: there is nothing to write back.
Result<u64> sys_msync(const SyscallArgs& args) {
    if (!VirtAddr(args.a[0]).is_page_aligned()) return Error{EINVAL};
    return u64{0};
}
