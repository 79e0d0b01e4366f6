// SPDX-License-Identifier: MIT
/// @file
/// @brief Segment, gate and task-state descriptors: as little of them as long mode demands.
/// @chapter traps
#pragma once

#include "lib/types.h"

/// The order is dictated by SYSCALL and SYSRET: kernel code, kernel data; user data, user code.
/// @sdm{Fast System Calls in 64-Bit Mode, 5.8.8}
namespace selector {
inline constexpr u16 kKernelCode = 0x08;
inline constexpr u16 kKernelData = 0x10;
inline constexpr u16 kUserData = 0x18 | 3;
inline constexpr u16 kUserCode = 0x20 | 3;
inline constexpr u16 kTaskState = 0x28;
}  // namespace selector

/// Stacks that the processor changes to by itself. @sdm{Interrupt Stack Table, 6.14.5}
enum class Ist : u8 { None = 0, DoubleFault = 1, Nmi = 2, MachineCheck = 3, Debug = 4 };
inline constexpr unsigned kIstStacks = 4;

/// @sdm{Task Management in 64-bit Mode, 7.7}
struct [[gnu::packed]] TaskStateSegment {
    u32 reserved0;
    u64 rsp[3];  ///< stack pointers for rings 0 .. 2
    u64 reserved1;
    u64 ist[7];  ///< IST 1 .. 7
    u64 reserved2;
    u16 reserved3;
    u16 io_map_base;  ///< at or above the limit: no port is open to ring 3
};
static_assert(sizeof(TaskStateSegment) == 104);

/// A core's global descriptor table.
struct DescriptorTables {
    u64 gdt[7];
};

/// Loads this core's GDT, task register and the common IDT. `ist_tops` has the tops of the four special stacks.
void load_descriptor_tables(DescriptorTables& tables, TaskStateSegment& tss, const u64 (&ist_tops)[kIstStacks]);
/// Builds the IDT that all cores share. Called once.
void init_idt();
