// SPDX-License-Identifier: MIT
/// @file
/// @brief labprobe: looks at its own memory before anything changed it, makes some system calls, and waits to be looked at.
/// @chapter testing
///
/// It has no library, so that every byte of its memory is the loader's work or its own. The answers stay in its memory, which
/// the grader reads by the process's pairs; only that it is ready stands on the console.
#include "tests/programs/labprobe.h"

#include <asm/unistd.h>

using namespace labprobe;

namespace {

struct Words {
    std::uint32_t word[kDataWords];
    constexpr Words() : word() {
        for (std::uint32_t i = 0; i < kDataWords; ++i) word[i] = pattern(i);
    }
};
struct Piece {
    const void* address;
    std::uint64_t bytes;
};

}  // namespace

extern "C" {
constinit Words probe_data;  // in the file
constinit Results probe_results{};
constinit char probe_zeros[9000]{};
extern const char __bss_start[], _end[], __ehdr_start[];
}

namespace {

std::int64_t call(long number, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0, std::uint64_t d = 0,
                  std::uint64_t e = 0, std::uint64_t f = 0) {
    std::int64_t result;
    register std::uint64_t r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
    asm volatile("syscall"
                 : "=a"(result)
                 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return result;
}
std::uint64_t address_of(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

std::uint64_t count_nonzero() {
    std::uint64_t count = 0;
    for (const volatile char* at = __bss_start; at < _end; ++at) count += *at != 0;
    return count;
}

/// Two pages, of which the second is gone again.
std::uint64_t page_before_hole() {
    constexpr std::uint64_t kReadWrite = 3, kPrivateAnonymous = 0x22;
    const auto pages = static_cast<std::uint64_t>(call(__NR_mmap, 0, 8192, kReadWrite, kPrivateAnonymous, ~0ULL, 0));
    call(__NR_munmap, pages + 4096, 4096);
    return pages;
}

void make_calls(const char* word) {
    constexpr std::uint64_t kKernel = 0xffff'ffff'8020'0000, kUserEnd = 0x7fff'ffff'f000;
    std::int64_t* const answers = probe_results.calls;
    int pipe[2];
    call(__NR_pipe2, address_of(pipe), 0);
    const auto in = static_cast<std::uint64_t>(pipe[0]), out = static_cast<std::uint64_t>(pipe[1]);
    const std::uint64_t page = page_before_hole(), hole = page + 4096, text = address_of(word);
    answers[kWritePipe] = call(__NR_write, out, text, 16);
    answers[kReadFresh] = call(__NR_read, in, page + 100, 16);
    for (unsigned i = 0; i < 16; ++i) probe_results.fresh[i] = reinterpret_cast<const char*>(page)[100 + i];
    answers[kWriteHole] = call(__NR_write, out, hole, 8);
    answers[kWriteKernel] = call(__NR_write, out, kKernel, 8);
    answers[kWriteAcrossEnd] = call(__NR_write, out, kUserEnd - 8, 0x10'0000);
    // What takes all that it is given tells whether the range was looked at.
    const auto null = static_cast<std::uint64_t>(call(__NR_open, address_of("/dev/null"), 1 /* O_WRONLY */, 0));
    answers[kWriteAll] = call(__NR_write, null, text, ~0ULL);
    call(__NR_write, out, text, 8);
    answers[kReadIntoCode] = call(__NR_read, in, address_of(reinterpret_cast<const void*>(&count_nonzero)), 8);
    char rest[8];
    call(__NR_fcntl, in, 4 /* F_SETFL */, 0x800 /* O_NONBLOCK */);
    call(__NR_read, in, address_of(rest), 8);  // whether or not the refused read took them
    answers[kReadNothing] = call(__NR_read, in, page, 0);
    answers[kWriteNothing] = call(__NR_write, out, 0, 0);
    answers[kWriteReadEnd] = call(__NR_write, in, text, 1);
    answers[kReadWriteEnd] = call(__NR_read, out, page, 1);
    answers[kWriteNoFile] = call(__NR_write, 77, text, 1);
    const Piece write[] = {{word, 7}, {nullptr, 0}, {word + 3, 10}};
    answers[kWritePieces] = call(__NR_writev, out, address_of(write), 3);
    char* const to = probe_results.pieces;
    const Piece read[] = {{to + 12, 5}, {to, 12}};
    answers[kReadPieces] = call(__NR_readv, in, address_of(read), 2);
    answers[kTooManyPieces] = call(__NR_writev, out, address_of(write), 1025);
    const Piece negative[] = {{word, 1}, {word, ~0ULL}};
    answers[kNegativePiece] = call(__NR_writev, out, address_of(negative), 2);
    answers[kPiecesInHole] = call(__NR_writev, out, hole, 1);
    const Piece kernel[] = {{reinterpret_cast<const void*>(kKernel), 8}};
    answers[kPieceInKernel] = call(__NR_writev, out, address_of(kernel), 1);
    answers[kNoPieces] = call(__NR_writev, out, address_of(write), 0);
}

}  // namespace

/// The first argument is the word of this run, of 16 characters.
extern "C" [[noreturn]] void probe_main(const std::uint64_t* stack) {
    const std::uint64_t nonzero = count_nonzero();
    probe_results.stack_pointer = address_of(stack);
    probe_results.nonzero = nonzero;
    const char* const word = reinterpret_cast<const char*>(stack[2]);
    if (stack[0] >= 2 && word) make_calls(word);
    // Whatever was not touched yet is not in memory.
    probe_zeros[5000] = static_cast<const volatile char*>(__ehdr_start)[0];
    for (unsigned i = 0; i < kDataWords; i += 256) (void)static_cast<const volatile Words&>(probe_data).word[i];
    probe_data.word[kDataWords - 1] ^= 1;
    probe_results.done = 1;
    call(__NR_write, 1, address_of("probed\n"), 7);
    for (;;) call(__NR_pause);
}

asm(".globl _start\n"
    "_start:\n"
    "    xorl %ebp, %ebp\n"
    "    movq %rsp, %rdi\n"
    "    andq $-16, %rsp\n"
    "    call probe_main\n");
