// SPDX-License-Identifier: MIT
/// @file
/// @brief The invariant of the pair, checked by a reader that shares nothing with the kernel but the entries' layout.
/// @chapter pair
#include "tests/boot/pair_walk.h"

#include <cstring>

#include "debugger-ui/rsp/error.h"
#include "mm/kernel_space.h"

namespace machine {
namespace {

/// More pairs than any process of the tests has: a freed root must not turn a walk into a walk over garbage.
constexpr usize kMostPairs = 20'000;

std::unique_ptr<TablePair> read_pair(Rsp& rsp, PhysAddr place) {
    auto pair = std::make_unique<TablePair>();
    const Bytes content = rsp.read_physical(place, sizeof(TablePair));
    std::memcpy(static_cast<void*>(pair.get()), content.data(), sizeof(TablePair));
    return pair;
}

class Walker {
   public:
    Walker(Rsp& rsp, NestedFormat format) : rsp_(rsp), format_(format) {}

    PairWalk run(PhysAddr root) {
        walk_table(root, kRootLevel, VirtAddr(0));
        return std::move(walk_);
    }

   private:
    void complain(const char* what, VirtAddr address, unsigned level, HostEntry host, NestedEntry nested) {
        walk_.violations.push_back(std::string(what) + " at 0x" + hex_from_number(address.raw) + ", level " +
                                   std::to_string(level) + ": host " + hex_from_number(host.raw()) + ", nested " +
                                   hex_from_number(nested.raw()));
    }

    void walk_table(PhysAddr place, unsigned level, VirtAddr base) {
        if (walk_.pairs.size() >= kMostPairs) throw Error("the pairs have no end");
        if (!is_aligned(place.raw, sizeof(TablePair))) throw Error("a pair lies at 0x" + hex_from_number(place.raw));
        walk_.pairs.push_back(place);
        const auto pair = read_pair(rsp_, place);
        // The kernel's own slots are the same in every process, and no pairs: nothing but their nested halves is ours.
        const unsigned end = level == kRootLevel ? kFirstKernelSlot : kEntriesPerTable;
        bool maps_window = false;
        for (unsigned index = 0; index < kEntriesPerTable; ++index) {
            const VirtAddr address = base + index * bytes_per_entry(level);
            const HostEntry host = pair->host[index];
            maps_window |= index < end && in_window(address) && host.present() && host.is_leaf(level);
            if (index < end) {
                look_at(address, level, pair->host[index], pair->nested[index]);
            } else if (pair->nested[index].raw() != 0) {
                complain("nested half not empty beside the kernel's slots", address, level, pair->host[index],
                         pair->nested[index]);
            }
        }
        if (maps_window) walk_.in_window[level].push_back(place);
    }

    void look_at(VirtAddr address, unsigned level, HostEntry host, NestedEntry nested) {
        if (!in_window(address)) {
            if (nested.raw() != 0) complain("nested half not empty outside the window", address, level, host, nested);
        } else if (host.present() != nested.present(format_)) {
            complain("one half is present and the other is not", address, level, host, nested);
            return;
        }
        if (!host.present()) return;
        if (host.is_leaf(level)) {
            look_at_leaf(address, level, host, nested);
        } else {
            if (in_window(address) && nested.frame() != host.frame() + kPageBytes) {
                complain("nested table is not 4096 bytes behind the host's", address, level, host, nested);
            }
            walk_table(host.frame(), level - 1, address);
        }
    }

    void look_at_leaf(VirtAddr address, unsigned level, HostEntry host, NestedEntry nested) {
        const bool window = in_window(address);
        if (window && (!nested.is_leaf(level) || nested.frame() != host.frame())) {
            complain("the halves map different pages", address, level, host, nested);
        }
        if (window && !(nested.rights(format_) == host.rights())) {
            complain("the halves give different rights", address, level, host, nested);
        }
        if (window) walk_.window_bytes += bytes_per_entry(level);
        if (window) walk_.bytes_of_level[level] += bytes_per_entry(level);
        if (!is_aligned(host.frame().raw, bytes_per_entry(level))) {
            complain("a large page's frame is not aligned to its size", address, level, host, nested);
        }
        if (!host.rights().write) return;
        auto& frames = window ? walk_.guest_frames : walk_.private_frames;
        for (u64 at = 0; at < bytes_per_entry(level); at += kPageBytes) frames.insert(host.frame().raw + at);
    }

    Rsp& rsp_;
    NestedFormat format_;
    PairWalk walk_;
};

}  // namespace

std::unique_ptr<abi::DebugBlock> read_debug_block(Rsp& rsp, const Symbols& kernel) {
    // Kernel data lies in the image, whose physical place needs no walk.
    const PhysAddr place(kernel.address_of("twain_debug") - kImageBase);
    auto block = std::make_unique<abi::DebugBlock>();
    const Bytes content = rsp.read_physical(place, sizeof(abi::DebugBlock));
    std::memcpy(block.get(), content.data(), sizeof(abi::DebugBlock));
    if (block->magic != abi::kDebugMagic || block->version != abi::kDebugVersion) {
        throw Error("twain_debug is not there, or of another version");
    }
    return block;
}

PairWalk walk_pairs(Rsp& rsp, PhysAddr root, NestedFormat format) { return Walker(rsp, format).run(root); }

}  // namespace machine
