// SPDX-License-Identifier: MIT
/// @file
/// @brief Pages of physical memory: an immutable set of those that somebody looked at, and the reader that gathers them.
/// @chapter observability
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "lib/types.h"
#include "x86/paging.h"

namespace debugger {

/// A page as 512 words: what every table of every format is.
using Page = std::array<u64, kEntriesPerTable>;

/// Where walks read tables from.
class PageSource {
   public:
    virtual ~PageSource() = default;
    /// The page that `place` lies in, valid as long as the source; null where it is not known.
    virtual const Page* page(PhysAddr place) = 0;
    /// One aligned word; nothing where it is not known.
    std::optional<u64> word(PhysAddr place) {
        const Page* found = page(place);
        if (!found) return std::nullopt;
        return (*found)[place.page_offset() / 8];
    }
};

/// Pages by their physical address. A copy shares them; a page, once in, does not change.
class PageSet final : public PageSource {
   public:
    const Page* page(PhysAddr place) override { return find(place); }
    const Page* find(PhysAddr place) const {
        const auto found = pages_.find(place.page().raw);
        return found == pages_.end() ? nullptr : found->second.get();
    }
    void put(PhysAddr place, const Page& content) { pages_[place.page().raw] = std::make_shared<Page>(content); }
    /// A copy of the page that only this set has, to be changed; null where the page is not in it.
    Page* own(PhysAddr place) {
        const auto found = pages_.find(place.page().raw);
        if (found == pages_.end()) return nullptr;
        auto copy = std::make_shared<Page>(*found->second);
        Page* changed = copy.get();
        found->second = std::move(copy);
        return changed;
    }
    const std::map<u64, std::shared_ptr<const Page>>& all() const { return pages_; }
    bool operator==(const PageSet& other) const;

   private:
    std::map<u64, std::shared_ptr<const Page>> pages_;
};

/// Physical memory of a target. False: it cannot be read there.
using ReadPhysical = std::function<bool(PhysAddr from, std::span<u8> into)>;

/// Reads from a target what a walk asks for, each page once, and keeps it: afterwards the same walk over `pages()` alone
/// gives the same answer.
class PageCollector final : public PageSource {
   public:
    /// `known` has pages that need not be read again.
    explicit PageCollector(ReadPhysical read, PageSet known = {}) : read_(std::move(read)), pages_(std::move(known)) {}
    const Page* page(PhysAddr place) override;
    const PageSet& pages() const { return pages_; }

   private:
    ReadPhysical read_;
    PageSet pages_;
};

}  // namespace debugger
