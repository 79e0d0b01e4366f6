// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: brk, anonymous mmap, munmap, mprotect, mremap, madvise.
/// @chapter testing
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

constexpr int kReadWrite = PROT_READ | PROT_WRITE;
constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS;

bool all_zero(unsigned char const* bytes, size_t count) {
    for (size_t i = 0; i < count; ++i)
        if (bytes[i] != 0) return false;
    return true;
}

void brk_grows_and_shrinks() {
    auto* const start = static_cast<unsigned char*>(sbrk(0));
    check("the break is known", start != reinterpret_cast<void*>(-1));
    check("grows by 10 pages", sbrk(10 * kPage) == start);
    check("the new part is zero", all_zero(start, 10 * kPage));
    memset(start, 0x5a, 10 * kPage);
    equal("the new part holds what is written", start[10 * kPage - 1], 0x5a);
    check("shrinks by 10 pages", sbrk(-static_cast<intptr_t>(10 * kPage)) == start + 10 * kPage);
    check("grows again", sbrk(10 * kPage) == start);
    unsigned char* const second = start + (kPage - reinterpret_cast<uintptr_t>(start) % kPage);
    check("what was given back comes back as zeros", all_zero(second, 8 * kPage));
    auto const answer = static_cast<unsigned long>(syscall(SYS_brk, 16));
    check("a break below the program's data is refused", answer == reinterpret_cast<uintptr_t>(start + 10 * kPage));
}

void mmap_gives_zeros() {
    Pages const pages(64);
    check("64 pages are mapped", pages.mapped());
    check("at a page boundary", reinterpret_cast<uintptr_t>(pages.page(0)) % kPage == 0);
    check("all of them zero", all_zero(pages.page(0), pages.bytes()));
    for (size_t i = 0; i < 64; ++i) pages[i * kPage + i] = static_cast<unsigned char>(i + 1);
    int wrong = 0;
    for (size_t i = 0; i < 64; ++i) wrong += pages[i * kPage + i] != i + 1 ? 1 : 0;
    equal("every page is its own", wrong, 0);
}

void mmap_arguments() {
    Pages const pages(4);
    auto map = [](void* address, size_t length, int protection, int flags, int fd) {
        return reinterpret_cast<long>(mmap(address, length, protection, flags, fd, 0));
    };
    fails("length 0", map(nullptr, 0, kReadWrite, kPrivate, -1), EINVAL);
    fails("neither shared nor private", map(nullptr, kPage, kReadWrite, MAP_ANONYMOUS, -1), EINVAL);
    fails("fixed at an odd address", map(pages.page(0) + 1, kPage, kReadWrite, kPrivate | MAP_FIXED, -1), EINVAL);
    fails("a file that is not open", map(nullptr, kPage, PROT_READ, MAP_PRIVATE, 999), EBADF);
    fails("longer than the address space", map(nullptr, size_t{1} << 62, kReadWrite, kPrivate, -1), ENOMEM);
    void* const kernel_half = reinterpret_cast<void*>(0xffff800000000000ULL);
    fails("fixed in the kernel's half", map(kernel_half, kPage, kReadWrite, kPrivate | MAP_FIXED, -1), ENOMEM);
    fails("no-replace over a mapping", map(pages.page(1), kPage, kReadWrite, kPrivate | MAP_FIXED_NOREPLACE, -1),
          EEXIST);
    void* const hinted = mmap(pages.page(1), kPage, kReadWrite, kPrivate, -1, 0);
    check("a hint that is taken gives another address", hinted != MAP_FAILED && hinted != pages.page(1));
    munmap(hinted, kPage);
}

void mmap_fixed_splits() {
    Pages const pages(9);
    for (size_t i = 0; i < 9; ++i) pages[i * kPage] = static_cast<unsigned char>('a' + i);
    void* const middle = mmap(pages.page(3), 3 * kPage, kReadWrite, kPrivate | MAP_FIXED, -1, 0);
    check("the middle third is replaced", middle == pages.page(3));
    check("the replaced pages are zero", all_zero(pages.page(3), 3 * kPage));
    check("the page before is kept", pages[2 * kPage] == 'c');
    check("the page after is kept", pages[6 * kPage] == 'g');
    succeeds("the middle page becomes read-only", mprotect(pages.page(4), kPage, PROT_READ));
    equal("a write to it faults", fault_of_write(pages.page(4)).signal, SIGSEGV);
    equal("a write before it does not", fault_of_write(pages.page(3)).signal, 0);
    equal("a write after it does not", fault_of_write(pages.page(5)).signal, 0);
    succeeds("the whole range becomes writable again", mprotect(pages.page(0), pages.bytes(), kReadWrite));
    equal("a write to the middle does not fault", fault_of_write(pages.page(4)).signal, 0);
    check("contents are kept", pages[0] == 'a' && pages[8 * kPage] == 'i');
}

void munmap_holes() {
    Pages const pages(8);
    memset(pages.page(0), 1, pages.bytes());
    succeeds("a hole in the middle", munmap(pages.page(3), 2 * kPage));
    equal("the first page of the hole", fault_of_read(pages.page(3)).code, SEGV_MAPERR);
    equal("the last byte of the hole", fault_of_read(pages.page(5) - 1).code, SEGV_MAPERR);
    equal("the byte before the hole", fault_of_read(pages.page(3) - 1).signal, 0);
    equal("the byte after the hole", fault_of_read(pages.page(5)).signal, 0);
    succeeds("the hole once more", munmap(pages.page(3), 2 * kPage));
    fails("an odd address", munmap(pages.page(0) + 1, kPage), EINVAL);
    fails("length 0", munmap(pages.page(0), 0), EINVAL);
    succeeds("a range with a hole in it", munmap(pages.page(2), 4 * kPage));
    equal("its first page is gone", fault_of_read(pages.page(2)).signal, SIGSEGV);
    equal("its last page is gone", fault_of_read(pages.page(5)).signal, SIGSEGV);
    equal("its neighbours stay", fault_of_read(pages.page(1)).signal + fault_of_read(pages.page(6)).signal, 0);
    fails("mprotect over a hole", mprotect(pages.page(0), pages.bytes(), PROT_READ), ENOMEM);
    fails("mprotect at an odd address", mprotect(pages.page(0) + 8, kPage, PROT_READ), EINVAL);
}

void mmap_is_reused() {
    int wrong = 0;
    for (int round = 0; round < 300; ++round) {
        Pages const pages(64);
        wrong += pages.mapped() && all_zero(pages.page(0), pages.bytes()) ? 0 : 1;
        if (pages.mapped()) memset(pages.page(0), 0xff, pages.bytes());
    }
    equal("300 times 256 KiB, zero each time", wrong, 0);
}

void mremap_moves() {
    auto* const first = static_cast<unsigned char*>(mmap(nullptr, 4 * kPage, kReadWrite, kPrivate, -1, 0));
    for (size_t i = 0; i < 4; ++i) first[i * kPage] = static_cast<unsigned char>(i + 1);
    void* const moved = mremap(first, 4 * kPage, 600 * kPage, MREMAP_MAYMOVE);
    check("grows to 600 pages", moved != MAP_FAILED);
    if (moved == MAP_FAILED) return;
    auto* const second = static_cast<unsigned char*>(moved);
    check("keeps what was there", second[0] == 1 && second[kPage] == 2 && second[3 * kPage] == 4);
    check("the new pages are zero", all_zero(second + 4 * kPage, 596 * kPage));
    check("shrinks in place", mremap(second, 600 * kPage, 2 * kPage, 0) == second);
    equal("the rest is gone", fault_of_read(second + 2 * kPage).signal, SIGSEGV);
    check("keeps the first two pages", second[0] == 1 && second[kPage] == 2);
    munmap(second, 2 * kPage);
    fails("what is not mapped", reinterpret_cast<long>(mremap(second, kPage, 2 * kPage, MREMAP_MAYMOVE)), EFAULT);
    auto* block = static_cast<char*>(malloc(1 << 20));
    memset(block, 'x', 1 << 20);
    block = static_cast<char*>(realloc(block, 8 << 20));
    check("realloc from 1 MiB to 8 MiB", block != nullptr && block[0] == 'x' && block[(1 << 20) - 1] == 'x');
    free(block);
}

void madvise_dontneed() {
    Pages const pages(4);
    memset(pages.page(0), 7, pages.bytes());
    succeeds("two pages are not needed", madvise(pages.page(1), 2 * kPage, MADV_DONTNEED));
    check("they read as zeros", all_zero(pages.page(1), 2 * kPage));
    check("their neighbours are kept", pages[0] == 7 && pages[3 * kPage] == 7);
    pages[kPage] = 9;
    equal("they can be written again", pages[kPage], 9);
    fails("an odd address", madvise(pages.page(1) + 1, kPage, MADV_DONTNEED), EINVAL);
    fails("advice that nobody knows", madvise(pages.page(1), kPage, 4711), EINVAL);
}

void big_allocation() {
    constexpr size_t kBytes = 64 << 20;
    auto* const block = static_cast<unsigned char*>(malloc(kBytes));
    check("malloc of 64 MiB", block != nullptr);
    if (block == nullptr) return;
    for (size_t i = 0; i < kBytes; i += kPage) block[i] = static_cast<unsigned char>(i / kPage * 7);
    size_t wrong = 0;
    for (size_t i = 0; i < kBytes; i += kPage) wrong += block[i] != static_cast<unsigned char>(i / kPage * 7) ? 1u : 0u;
    equal("every page holds what was written", wrong, 0);
    free(block);
    void* const reserve = mmap(nullptr, size_t{64} << 30, PROT_NONE, kPrivate | MAP_NORESERVE, -1, 0);
    check("64 GiB of address space are reserved", reserve != MAP_FAILED);
    auto* const middle = static_cast<unsigned char*>(reserve) + (size_t{32} << 30);
    succeeds("a page in its middle becomes writable", mprotect(middle, kPage, kReadWrite));
    *middle = 1;
    equal("and is", *middle, 1);
    succeeds("it is given back", munmap(reserve, size_t{64} << 30));
}

constexpr Case kCases[] = {
    {"brk", brk_grows_and_shrinks},    {"mmap-zero", mmap_gives_zeros}, {"mmap-arguments", mmap_arguments},
    {"mmap-fixed", mmap_fixed_splits}, {"munmap", munmap_holes},        {"mmap-reuse", mmap_is_reused},
    {"mremap", mremap_moves},          {"madvise", madvise_dontneed},   {"big-allocation", big_allocation},
};

}  // namespace

Group memory_cases() { return kCases; }

}  // namespace systest
