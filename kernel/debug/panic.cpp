// SPDX-License-Identifier: MIT
/// @file
/// @brief The end: what happened, where, with which values, and how it came to that.
/// @chapter observability
#include "debug/symbols.h"
#include "drivers/uart.h"
#include "lib/check.h"
#include "lib/format.h"
#include "mm/kernel_space.h"
#include "x86/instructions.h"

namespace {

class ConsoleSink final : public Sink {
   public:
    void write(std::string_view text) override { uart::write_now(text); }
};

constexpr unsigned kMaxFrames = 32;

/// Whether a frame pointer may be followed: in the kernel's half, outside the holes below stacks.
bool is_followable(u64 frame) {
    return frame >= kDirectMap.raw && is_aligned(frame, 8) && !kernel_space::is_stack_guard(VirtAddr(frame));
}

void print_place(Sink& sink, u64 address) {
    const SymbolPlace place = find_symbol(address);
    print(sink, "  ", Hex{address, 16}, ' ', place.name.empty() ? "?" : place.name, " + ", place.offset, "\r\n");
}

void print_backtrace(Sink& sink, u64 frame) {
    for (unsigned n = 0; n < kMaxFrames && is_followable(frame); ++n) {
        const auto* words = reinterpret_cast<const u64*>(frame);
        if (words[1] == 0) return;
        print_place(sink, words[1]);
        frame = words[0];
    }
}

}  // namespace

void panic_at(const char* file, int line, const char* what, const u64* values, usize count) {
    x86::cli();
    ConsoleSink sink;
    print(sink, "\r\nTwain panics: ", what, " at ", file, ':', line);
    for (usize i = 0; i < count; ++i) print(sink, i ? ", " : ": ", Hex{values[i], 1});
    print(sink, "\r\n  cr2 ", Hex{x86::read_cr2(), 16}, " cr3 ", Hex{x86::read_cr3(), 16}, "\r\n");
    if (kernel_space::is_stack_guard(VirtAddr(x86::read_cr2()))) print(sink, "  a kernel stack overflowed\r\n");
    print_backtrace(sink, reinterpret_cast<u64>(__builtin_frame_address(0)));
    for (;;) x86::hlt();
}
