// SPDX-License-Identifier: MIT
/// @file
/// @brief The end: what happened, where, with which values, and how it came to that.
/// @chapter observability
#include "debug/panic.h"

#include <atomic>

#include "debug/stub.h"
#include "debug/symbols.h"
#include "drivers/power.h"
#include "drivers/uart.h"
#include "lib/check.h"
#include "lib/format.h"
#include "mm/kernel_space.h"
#include "sched/thread.h"
#include "x86/cpu.h"
#include "x86/instructions.h"
#include "x86/trap_frame.h"

/// Where the trap stubs' calls of a handler return to: above such a return address lies the interrupted code's TrapFrame.
extern "C" const char trap_handled[], special_trap_handled[];

namespace {

class ConsoleSink final : public Sink {
   public:
    void write(std::string_view text) override { uart::write_now(text); }
};

constexpr unsigned kMaxFrames = 32;

constexpr u32 kNobody = ~0U;
constinit std::atomic<u32> panicking{kNobody};  ///< the APIC identifier of the core that panics
constinit bool waits = false;

/// Whether a frame pointer may be followed: in the kernel's half, outside the holes below stacks.
bool is_followable(u64 frame) {
    return frame >= kDirectMap.raw && is_aligned(frame, 8) && !kernel_space::guarded_stack(VirtAddr(frame));
}

/// `back` is 1 for a return address: behind a call that never returns another function may begin.
void print_place(Sink& sink, u64 address, u64 back) {
    const SymbolPlace place = find_symbol(address - back);
    print(sink, "  ", Hex{address, 16}, ' ', place.name.empty() ? "?" : place.name, " + ", place.offset + back, "\r\n");
}

bool is_trap(u64 return_address) {
    return return_address == reinterpret_cast<u64>(trap_handled) ||
           return_address == reinterpret_cast<u64>(special_trap_handled);
}

/// Follows the frame pointers, through a trap into the kernel code that it interrupted.
void print_backtrace(Sink& sink, u64 frame) {
    for (unsigned n = 0; n < kMaxFrames && is_followable(frame); ++n) {
        const auto* words = reinterpret_cast<const u64*>(frame);
        if (words[1] == 0) return;
        print_place(sink, words[1], 1);
        frame = words[0];
        if (!is_trap(words[1])) continue;
        const auto& trap = *reinterpret_cast<const TrapFrame*>(words + 2);
        if (trap.from_user()) return;
        print_place(sink, trap.rip, 0);
        frame = trap.rbp;
    }
}

/// Which stack has overflowed, where the last fault was in the hole below one.
void print_overflow(Sink& sink) {
    const VirtAddr fault{x86::read_cr2()};
    const char* stack = kernel_space::guarded_stack(fault);
    if (!stack) return;
    print(sink, "  ", stack, " overflowed at ", fault);
    const Thread* thread = this_cpu().current;
    if (thread && fault < thread->stack_top() && thread->stack_top() - fault <= 2 * kStackBytes) {
        print(sink, ": that of thread ", thread->number(), " (", thread->name(), ")");
    }
    print(sink, "\r\n");
}

[[noreturn]] void end() {
    if (waits) uart::write_now("  The machine stays as it is, for a debugger.\r\n");
    stub::stay_after_panic(waits ? stub::Patience::ForEver : stub::Patience::WhileAttached);
    if (!waits) end_after_panic();
    for (;;) x86::hlt();
}

}  // namespace

void set_panic_waits() { waits = true; }

void panic_at(const char* file, int line, const char* what, const u64* values, usize count) {
    x86::cli();
    ConsoleSink sink;
    u32 first = kNobody;
    const u32 self = x86::cpuid(1).ebx >> 24;
    const bool again = !panicking.compare_exchange_strong(first, self);
    // The first core to panic stops all others, this one too.
    while (again && first != self) x86::pause();
    if (!again) stub::stop_other_cores();
    print(sink, again ? "\r\nTwain panics while it panics: " : "\r\nTwain panics: ", what, " at ", file, ':', line);
    for (usize i = 0; i < count; ++i) print(sink, i ? ", " : ": ", Hex{values[i], 1});
    print(sink, "\r\n");
    if (again) end();
    print(sink, "  cr2 ", Hex{x86::read_cr2(), 16}, " cr3 ", Hex{x86::read_cr3(), 16}, "\r\n");
    print_overflow(sink);
    print_backtrace(sink, reinterpret_cast<u64>(__builtin_frame_address(0)));
    end();
}
