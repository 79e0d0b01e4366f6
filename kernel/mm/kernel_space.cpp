// SPDX-License-Identifier: MIT
/// @file
/// @brief Builds the kernel's half: W^X for the image, no execution in the direct map, holes below the stacks.
/// @chapter booting
#include "mm/kernel_space.h"

#include "lib/list.h"
#include "mm/frames.h"
#include "mm/large_pages.h"
#include "mm/shootdown.h"
#include "sync/spin_lock.h"
#include "x86/cpu.h"
#include "x86/instructions.h"

extern "C" char image_begin[], image_text_end[], image_rodata_end[], image_end[], boot_stack_guard[];

namespace {

/// A free stack keeps its frames and its mapping; the node lies at its bottom. So a stack's translations never change, and
/// no core ever needs to forget one.
struct FreeStack {
    ListNode link;
};

struct KernelSpace {
    PhysAddr root;
    List<FreeStack, &FreeStack::link> free_stacks;
    VirtAddr next_stack = kStackArea;
    VirtAddr next_device = kDeviceArea;
};
constinit SpinLocked<KernelSpace> space(LockRank::KernelSpace);

constexpr u64 kStackSlotBytes = 2 * kStackBytes;  ///< a hole as large as the stack, then the stack
constexpr unsigned kStackOrder = 2;
static_assert(bytes_of_order(kStackOrder) == kStackBytes);
constexpr u64 kGlobalPage = HostEntry::P | HostEntry::G | HostEntry::A | HostEntry::D;
constexpr u64 kReadOnly = kGlobalPage | HostEntry::NX;
constexpr u64 kReadWrite = kGlobalPage | HostEntry::RW | HostEntry::NX;
constexpr u64 kReadExecute = kGlobalPage;
constexpr u64 kDevice = kReadWrite | HostEntry::PCD | HostEntry::PWT;

HostEntry* table_at(PhysAddr table) { return static_cast<HostEntry*>(frames::virt_from_phys(table)); }

/// Maps one page of the kernel's half; `bits` are the entry's rights. The kernel's tables are single pages, not pairs: no
/// guest can ever name an address here.
Result<void> map_kernel_page(PhysAddr root, VirtAddr address, PhysAddr frame, u64 bits, PageSize size) {
    HostEntry* table = table_at(root);
    for (unsigned level = kRootLevel; level > level_of(size); --level) {
        HostEntry& entry = table[table_index(address, level)];
        if (!entry.present()) {
            const PhysAddr next = TRY(frames::allocate(0, Fill::Zero));
            entry = HostEntry(next.raw | HostEntry::P | HostEntry::RW);
        }
        table = table_at(entry.frame());
    }
    table[table_index(address, level_of(size))] =
        HostEntry(frame.raw | bits | (size == PageSize::Size4K ? 0 : HostEntry::PS));
    return {};
}

/// At boot there is always memory.
void must_map(PhysAddr root, VirtAddr address, PhysAddr frame, u64 bits, PageSize size) {
    CHECK(map_kernel_page(root, address, frame, bits, size).ok(), address, frame);
}

void map_image(PhysAddr root, const char* begin, const char* end, u64 bits) {
    for (VirtAddr at{reinterpret_cast<u64>(begin)}; at.raw < reinterpret_cast<u64>(end); at += kPageBytes) {
        must_map(root, at, PhysAddr(at - kImageBase), bits, PageSize::Size4K);
    }
}

/// Makes a hole in the image, before the new tables are loaded.
void unmap_page(PhysAddr root, const char* page) {
    const VirtAddr address{reinterpret_cast<u64>(page)};
    HostEntry* table = table_at(root);
    for (unsigned level = kRootLevel; level > 1; --level) table = table_at(table[table_index(address, level)].frame());
    table[table_index(address, 1)] = HostEntry();
}

bool is_page(VirtAddr address, const char* page) { return address.page() == VirtAddr(reinterpret_cast<u64>(page)); }

}  // namespace

void kernel_space::init(PhysAddr top) {
    auto root = frames::allocate(0, Fill::Zero);
    CHECK(root.ok());
    auto access = space.lock();
    access->root = root.value();
    const PageSize size = largest_host_page();
    for (PhysAddr at; at < top; at += bytes_of(size)) must_map(access->root, kDirectMap + at.raw, at, kReadWrite, size);
    map_image(access->root, image_begin, image_text_end, kReadExecute);
    map_image(access->root, image_text_end, image_rodata_end, kReadOnly);
    map_image(access->root, image_rodata_end, image_end, kReadWrite);
    unmap_page(access->root, boot_stack_guard);
    for (const IstStack& stack : ist_stacks) unmap_page(access->root, stack.guard);
    // Every root shares the tables below its kernel slots, so the slots that grow later must have their tables now.
    for (const VirtAddr area : {kStackArea, kDeviceArea}) {
        const auto table = frames::allocate(0, Fill::Zero);
        CHECK(table.ok());
        table_at(access->root)[table_index(area, kRootLevel)] =
            HostEntry(table.value().raw | HostEntry::P | HostEntry::RW);
    }
    load_root(access->root);
}

PhysAddr kernel_space::root() { return space.lock()->root; }

void kernel_space::share_into(HostEntry* process_root) {
    const HostEntry* own = table_at(root());
    for (unsigned slot = kFirstKernelSlot; slot < kEntriesPerTable; ++slot) process_root[slot] = own[slot];
}

Result<VirtAddr> kernel_space::allocate_stack() {
    auto access = space.lock();
    if (FreeStack* stack = access->free_stacks.pop_front()) {
        return VirtAddr(reinterpret_cast<u64>(stack)) + kStackBytes;
    }
    // One block of frames, so that there is nothing to undo when memory runs out half-way.
    const PhysAddr block = TRY(frames::allocate(kStackOrder, Fill::Zero));
    const VirtAddr bottom = access->next_stack + (kStackSlotBytes - kStackBytes);
    for (u64 offset = 0; offset < kStackBytes; offset += kPageBytes) {
        const auto mapped =
            map_kernel_page(access->root, bottom + offset, block + offset, kReadWrite, PageSize::Size4K);
        if (mapped.ok()) continue;
        frames::free(block, kStackOrder);
        return mapped.error();
    }
    access->next_stack += kStackSlotBytes;
    return bottom + kStackBytes;
}

void kernel_space::free_stack(VirtAddr top) {
    auto* stack = new (reinterpret_cast<void*>(top.raw - kStackBytes)) FreeStack();
    space.lock()->free_stacks.push_front(*stack);
}

const char* kernel_space::guarded_stack(VirtAddr address) {
    if (is_page(address, boot_stack_guard)) return "the boot stack";
    static constexpr const char* kNames[kIstStacks] = {"the double-fault stack", "the NMI stack",
                                                       "the machine-check stack", "the debug stack"};
    for (unsigned n = 0; n < kIstStacks; ++n) {
        if (is_page(address, ist_stacks[n].guard)) return kNames[n];
    }
    const bool in_hole = address >= kStackArea && address < kDeviceArea &&
                         (address - kStackArea) % kStackSlotBytes < kStackSlotBytes - kStackBytes;
    return in_hole ? "a kernel stack" : nullptr;
}

volatile u32* kernel_space::map_device(PhysAddr address, u64 bytes) {
    auto access = space.lock();
    const VirtAddr begin = access->next_device;
    const PhysAddr first = address.page();
    for (PhysAddr at = first; at < address + bytes; at += kPageBytes) {
        must_map(access->root, access->next_device, at, kDevice, PageSize::Size4K);
        access->next_device += kPageBytes;
    }
    return reinterpret_cast<volatile u32*>(begin.raw + (address - first));
}
