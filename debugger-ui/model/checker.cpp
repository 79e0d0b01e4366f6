// SPDX-License-Identifier: MIT
/// @file
/// @brief Checking a tree of pairs.
/// @chapter pair
#include "debugger-ui/model/checker.h"

#include <cinttypes>
#include <cstdio>
#include <set>

namespace debugger {
namespace {

/// 80 GiB of 4 KiB pages; more pairs than this are garbage.
constexpr usize kMostPairs = 40'000;

class Checker {
   public:
    Checker(PageSource& pages, NestedFormat format) : pages_(pages), format_(format) {}

    TreeCheck run(PhysAddr root) {
        visit(root, kRootLevel, VirtAddr(0));
        return std::move(check_);
    }

   private:
    bool give_up(const char* why, PhysAddr place) {
        char text[120];
        std::snprintf(text, sizeof(text), "%s at 0x%" PRIx64, why, place.raw);
        check_.problem = text;
        return false;
    }

    bool visit(PhysAddr place, unsigned level, VirtAddr base) {
        if (!is_aligned(place.raw, sizeof(TablePair))) return give_up("a table that is no pair", place);
        if (!visited_.insert(place.raw).second) return give_up("a pair that hangs in two places", place);
        if (check_.pairs == kMostPairs) return give_up("pairs without end", place);
        const Page* host = pages_.page(place);
        const Page* nested = pages_.page(place + kPageBytes);
        if (!host || !nested) return give_up("a pair that cannot be read", place);
        ++check_.pairs;
        for (unsigned index = 0; index < kEntriesPerTable; ++index) {
            if (!look_at((*host)[index], (*nested)[index], level, base + index * bytes_per_entry(level), index))
                return false;
        }
        return true;
    }

    bool look_at(u64 host_raw, u64 nested_raw, unsigned level, VirtAddr address, unsigned index) {
        const bool kernels = level == kRootLevel && index >= kFirstKernelSlot;
        const bool window = !kernels && in_window(address);
        const Violation violation = compare_halves(host_raw, nested_raw, format_, level, window);
        if (violation != Violation::None)
            check_.broken.push_back({address.raw, level, host_raw, nested_raw, violation});
        const HostEntry host(host_raw);
        // The kernel's own slots are the same in every process, and what hangs below is no pair.
        if (kernels || !host.present()) return true;
        if (!host.is_leaf(level)) return visit(host.frame(), level - 1, address);
        check_.window_pages += window;
        return true;
    }

    PageSource& pages_;
    NestedFormat format_;
    std::set<u64> visited_;
    TreeCheck check_;
};

}  // namespace

TreeCheck check_tree(PageSource& pages, PhysAddr root, NestedFormat format) { return Checker(pages, format).run(root); }

std::string text_of(const TreeCheck& check) {
    std::string lines;
    char text[256];
    for (const BrokenSlot& slot : check.broken) {
        std::snprintf(text, sizeof(text), "0x%" PRIx64 " level %u: host %016" PRIx64 " nested %016" PRIx64 ": ",
                      slot.address, slot.level, slot.host, slot.nested);
        lines += text + std::string(explain(slot.violation)) + "\n";
    }
    std::snprintf(text, sizeof(text), "%zu pairs, %zu pages in the window, %zu violations", check.pairs,
                  check.window_pages, check.broken.size());
    lines += text;
    if (!check.problem.empty()) lines += "; given up: " + check.problem;
    return lines + "\n";
}

}  // namespace debugger
