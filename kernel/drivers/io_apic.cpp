// SPDX-License-Identifier: MIT
/// @file
/// @brief Programs redirection entries.
/// @chapter traps
#include "drivers/io_apic.h"

#include "drivers/acpi.h"
#include "mm/kernel_space.h"
#include "sched/scheduler.h"
#include "x86/cpu.h"
#include "x86/instructions.h"
#include "x86/local_apic.h"
#include "x86/traps.h"

namespace {

/// Two registers in memory: which, and what. @spec{Intel 82093AA I/O APIC, Memory Mapped Registers, 3.1}
constexpr usize kSelect = 0, kWindow = 0x10 / 4;
constexpr u32 kVersion = 1, kRedirection = 0x10;
constexpr u32 kMasked = 1U << 16, kLevel = 1U << 15, kActiveLow = 1U << 13;
constexpr u16 kPic1Data = 0x21, kPic2Data = 0xa1;

constinit volatile u32* registers = nullptr;
constinit SpinLock lock(LockRank::Device);
constinit io_apic::Handler handlers[16];

void write_register(u32 index, u32 value) {
    registers[kSelect] = index;
    registers[kWindow] = value;
}

u32 read_register(u32 index) {
    registers[kSelect] = index;
    return registers[kWindow];
}

void device_interrupt(TrapFrame& frame) {
    this_cpu().interrupts++;
    if (const auto handler = handlers[frame.vector - vector::kDeviceFirst]) handler();
    local_apic::end_of_interrupt();
    sched::preempt_kernel(frame);
}

}  // namespace

void io_apic::init() {
    x86::outb(kPic1Data, 0xff);
    x86::outb(kPic2Data, 0xff);
    registers = kernel_space::map_device(acpi_facts().io_apic, kPageBytes);
    const u32 last = read_register(kVersion) >> 16 & 0xff;
    for (u32 pin = 0; pin <= last; ++pin) write_register(kRedirection + 2 * pin, kMasked);
}

void io_apic::connect_isa(u8 line, Handler handler) {
    CHECK(line < 16, line);
    const auto& route = acpi_facts().isa[line];
    const auto number = static_cast<u8>(vector::kDeviceFirst + line);
    handlers[line] = handler;
    trap_handlers[number] = device_interrupt;
    SpinGuard guard(lock);
    write_register(kRedirection + 2 * route.gsi + 1, this_cpu().apic_id << 24);
    write_register(kRedirection + 2 * route.gsi,
                   number | (route.level ? kLevel : 0) | (route.active_low ? kActiveLow : 0));
}
