// SPDX-License-Identifier: MIT
/// @file
/// @brief Physical memory of a test, with pairs and a guest's tables put in by the layout headers.
/// @chapter testing
#pragma once

#include <cstring>

#include "debugger-ui/model/snapshot.h"

namespace debugger {

/// Pairs are made from 1 MiB on, pages of the guest from 1 GiB on.
class FakeMachine {
   public:
    explicit FakeMachine(NestedFormat nested = NestedFormat::Npt) : format(nested), root(make_pair()) {}

    PhysAddr make_pair() {
        const PhysAddr place(next_pair_);
        next_pair_ += sizeof(TablePair);
        pages.put(place, Page{});
        pages.put(place + kPageBytes, Page{});
        return place;
    }
    PhysAddr make_page() {
        const PhysAddr place(next_page_);
        next_page_ += kPageBytes;
        pages.put(place, Page{});
        return place;
    }
    u64& word(PhysAddr place) { return (*pages.own(place))[place.page_offset() / 8]; }
    u64& host_entry(u64 address, unsigned level) { return word(slot(address, level)); }
    u64& nested_entry(u64 address, unsigned level) { return word(slot(address, level) + kPageBytes); }

    /// Maps a page in both halves (inside the window) or in the host half, as the kernel does, and notes it in `log`.
    PhysAddr map(u64 address, Rights rights, PageSize size = PageSize::Size4K) {
        const PhysAddr frame = size == PageSize::Size4K ? make_page() : PhysAddr(4 * kGiB);
        abi::TraceRecord record{};
        PhysAddr table = root;
        for (unsigned level = kRootLevel; level > level_of(size); --level) {
            const PhysAddr place = table + 8 * table_index(VirtAddr(address), level);
            if (word(place) == 0) {
                if (record.level == 0) record.level = static_cast<u8>(level);
                const PhysAddr next = make_pair();
                word(place) = HostEntry::table(next).raw();
                if (in_window(VirtAddr(address))) {
                    word(place + kPageBytes) = NestedEntry::table(next + kPageBytes, format).raw();
                }
            }
            table = HostEntry(word(place)).frame();
        }
        const PhysAddr place = table + 8 * table_index(VirtAddr(address), level_of(size));
        if (record.level == 0) record.level = static_cast<u8>(level_of(size));
        record.host_after = word(place) = HostEntry::leaf(frame, size, rights).raw();
        if (in_window(VirtAddr(address))) {
            record.nested_after = word(place + kPageBytes) = NestedEntry::leaf(frame, size, rights, format).raw();
        }
        record.sequence = log.last_sequence() + 1;
        record.time_ns = record.sequence * 1000;
        record.cause = in_window(VirtAddr(address)) ? abi::TraceCause::RingV : abi::TraceCause::Ring3;
        record.level_after = static_cast<u8>(level_of(size));
        record.root_page = static_cast<u32>(root.raw >> kPageShift);
        record.address = address;
        log.append({record});
        return frame;
    }

    std::shared_ptr<const Snapshot> snapshot() const {
        auto made = std::make_shared<Snapshot>();
        made->state = MachineState::Stopped;
        made->message = "a test";
        made->format = format;
        made->processes = {{root, 7, "vmm"}};
        made->pages = pages;
        made->log = log;
        return made;
    }

    NestedFormat format;
    PageSet pages;
    TraceLog log;

   private:
    u64 next_pair_ = kMiB;
    u64 next_page_ = kGiB;

   public:
    PhysAddr root;

   private:
    PhysAddr slot(u64 address, unsigned level) {
        PhysAddr table = root;
        for (unsigned at = kRootLevel; at > level; --at) {
            table = HostEntry(word(table + 8 * table_index(VirtAddr(address), at))).frame();
        }
        return table + 8 * table_index(VirtAddr(address), level);
    }
};

}  // namespace debugger
