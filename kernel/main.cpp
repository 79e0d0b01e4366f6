// SPDX-License-Identifier: MIT
/// @file
/// @brief The order in which the kernel comes to life.
/// @chapter machine
#include <algorithm>

#include "boot/boot_info.h"
#include "debug/log.h"
#include "debug/panic.h"
#include "debug/stub.h"
#include "drivers/acpi.h"
#include "drivers/core_timer.h"
#include "drivers/cores.h"
#include "drivers/io_apic.h"
#include "drivers/uart.h"
#include "fs/devices.h"
#include "fs/root.h"
#include "mm/kernel_space.h"
#include "mm/large_pages.h"
#include "mm/shootdown.h"
#include "proc/init.h"
#include "proc/large_pages_thread.h"
#include "sched/scheduler.h"
#include "syscall/system_calls.h"
#include "syscall/system_files.h"
#include "trace/trace.h"
#include "virt/ring_v.h"
#include "x86/cpu.h"
#include "x86/instructions.h"

extern "C" char image_begin[], image_end[];
extern "C" const u8 build_id_note[];

namespace {

constinit BootInfo boot_info;

PhysAddr image_address(const char* place) { return PhysAddr(reinterpret_cast<u64>(place) - kImageBase.raw); }

[[noreturn]] void refuse_to_start(std::string_view why) {
    uart::write_now("twain: ");
    uart::write_now(why);
    uart::write_now("\r\n");
    for (;;) x86::hlt();
}

void init_memory() {
    const PhysRange image{image_address(image_begin), image_address(image_end)};
    const PhysRange& initramfs = boot_info.initramfs;
    const PhysRange reserved[] = {{PhysAddr(), PhysAddr(kMiB)},  // the firmware's, and what loaders leave there
                                  image,
                                  {initramfs.begin.page(), PhysAddr(align_up(initramfs.end.raw, kPageBytes))},
                                  {kBootMapEnd, PhysAddr(~0ULL)}};
    frames::init(boot_info.usable(), reserved);
    kernel_space::init(boot_info.top());
    for (const PhysRange& range : boot_info.usable()) {
        if (range.end > kBootMapEnd) frames::release_reserved({std::max(range.begin, kBootMapEnd), range.end});
    }
}

void init_trace() {
    static_assert(abi::kTraceRecords * sizeof(abi::TraceRecord) <= bytes_of_order(11));
    const auto block = frames::allocate(11, Fill::Zero);
    CHECK(block.ok());
    trace::origin_source = [] {
        const IrqOff off;
        return trace::Origin{Clock::now().ns, this_cpu().index, current_thread().number()};
    };
    // Three words and the name "GNU" stand before the identification itself.
    constexpr usize kNoteHead = 16;
    trace::init(static_cast<abi::TraceRecord*>(frames::virt_from_phys(block.value())), block.value(),
                std::span<const u8, abi::kBuildIdBytes>(build_id_note + kNoteHead, abi::kBuildIdBytes));
}

/// The initramfs becomes the root file system, and its memory free.
void init_files() {
    devices::add_memory_devices();
    uart::init_terminal();
    add_log_files();
    add_syscall_files();
    add_system_files(boot_info.arguments());
    const PhysRange& place = boot_info.initramfs;
    const std::span archive(static_cast<const std::byte*>(frames::virt_from_phys(place.begin)),
                            place.end - place.begin);
    const auto root = make_root(archive);
    CHECK(root.ok(), static_cast<u64>(root.error().code));
    if (!archive.empty()) frames::release_reserved({place.begin.page(), PhysAddr(align_up(place.end.raw, kPageBytes))});
}

}  // namespace

/// Called once by entry.S on the boot stack, with interrupts off: `place` is what the loader of `protocol` left.
extern "C" [[noreturn]] void kernel_main(u64 place, BootProtocol protocol) {
    uart::init_early();
    init_boot_cpu();
    read_boot_info(protocol, PhysAddr(place), boot_info);
    if (!boot_info.fault().empty()) refuse_to_start(boot_info.fault());
    if (!command_line_value(boot_info.arguments(), "verbose").empty()) set_log_verbose();
    if (command_line_value(boot_info.arguments(), "panic") == "wait") set_panic_waits();
    read_acpi(boot_info.rsdp);
    init_memory();
    io_apic::init();
    stub::init(boot_info.usable());
    core_timer::init();
    sched::init(core_timer::arm);
    init_shootdown();
    init_trace();
    log("memory: ", frames::total_bytes() / kMiB, " MiB");
    ring_v::software_apic = command_line_value(boot_info.arguments(), "vapic") == "off";
    ring_v::init();
    choose_largest_page(command_line_value(boot_info.arguments(), "bigpages"));
    start_cores();
    init_files();
    log("files: ", frames::free_bytes() / kMiB, " MiB free");
    start_init();
    start_large_pages_thread();
    x86::sti();
    sched::idle();
}
