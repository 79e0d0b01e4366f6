// SPDX-License-Identifier: MIT
/// @file
/// @brief Builds and loads the descriptor tables.
/// @chapter traps
#include "x86/descriptors.h"

#include "x86/instructions.h"
#include "x86/traps.h"

extern "C" char trap_stubs[];

namespace {

/// @sdm{64-Bit IDT Gate Descriptors, 6.14.1}
struct Gate {
    u16 offset_low;
    u16 selector;
    u8 ist;
    u8 type;  ///< 0x8e: present, ring 0, interrupt gate
    u16 offset_middle;
    u32 offset_high;
    u32 reserved;
};
static_assert(sizeof(Gate) == 16);

constinit Gate idt[256] = {};

constexpr u64 kStubBytes = 16;
constexpr u8 kInterruptGate = 0x8e;
constexpr u8 kFromRing3 = 3 << 5;  ///< INT3 and INTO may be executed in ring 3

Ist stack_of(unsigned vector) {
    switch (vector) {
    case vector::kDebug:
    case vector::kBreakpoint: return Ist::Debug;  // neither comes while the other is handled
    case vector::kNmi: return Ist::Nmi;
    case vector::kDoubleFault: return Ist::DoubleFault;
    case vector::kMachineCheck: return Ist::MachineCheck;
    default: return Ist::None;
    }
}

/// The two halves of a task-state descriptor: type 9 (available 64-bit TSS), present.
/// @sdm{TSS Descriptor in 64-bit mode, 7.2.3}
void set_task_descriptor(u64 (&gdt)[7], const TaskStateSegment& tss) {
    const u64 base = reinterpret_cast<u64>(&tss);
    const u64 limit = sizeof(tss) - 1;
    gdt[5] = limit | (base & 0xff'ffff) << 16 | 0x89ULL << 40 | (base >> 24 & 0xff) << 56;
    gdt[6] = base >> 32;
}

}  // namespace

void init_idt() {
    for (unsigned n = 0; n < 256; ++n) {
        const u64 stub = reinterpret_cast<u64>(trap_stubs) + n * kStubBytes;
        const u8 ring = n == vector::kBreakpoint || n == 4 ? kFromRing3 : 0;
        idt[n] = {.offset_low = static_cast<u16>(stub),
                  .selector = selector::kKernelCode,
                  .ist = static_cast<u8>(stack_of(n)),
                  .type = static_cast<u8>(kInterruptGate | ring),
                  .offset_middle = static_cast<u16>(stub >> 16),
                  .offset_high = static_cast<u32>(stub >> 32),
                  .reserved = 0};
    }
}

void load_descriptor_tables(DescriptorTables& tables, TaskStateSegment& tss, const u64 (&ist_tops)[kIstStacks]) {
    tables.gdt[0] = 0;
    tables.gdt[selector::kKernelCode / 8] = 0x00af'9b00'0000'ffff;
    tables.gdt[selector::kKernelData / 8] = 0x00cf'9300'0000'ffff;
    tables.gdt[selector::kUserData / 8] = 0x00cf'f300'0000'ffff;
    tables.gdt[selector::kUserCode / 8] = 0x00af'fb00'0000'ffff;
    tss = {};
    for (unsigned i = 0; i < kIstStacks; ++i) tss.ist[i] = ist_tops[i];
    tss.io_map_base = sizeof(tss);
    set_task_descriptor(tables.gdt, tss);
    x86::lgdt({sizeof(tables.gdt) - 1, reinterpret_cast<u64>(tables.gdt)});
    x86::lidt({sizeof(idt) - 1, reinterpret_cast<u64>(idt)});
    x86::ltr(selector::kTaskState);
}
