// SPDX-License-Identifier: MIT
/// @file
/// @brief A file's pages by number.
/// @chapter files
#include "fs/page_tree.h"

FrameRef PageTree::get(u64 index) const {
    if (!reaches(depth_, index)) return {};
    Slot at = root_;
    for (unsigned depth = depth_; depth > 0 && at != 0; --depth) at = slots(at)[way(index, depth)];
    return at == 0 ? FrameRef() : FrameRef::share(PhysAddr(at));
}

/// Puts new roots above the old one until the tree reaches `index`.
Result<void> PageTree::grow(u64 index) {
    CHECK(index < kMaxPages, index);
    while (!reaches(depth_, index)) {
        FrameRef node = TRY(FrameRef::allocate(Fill::Zero));
        slots(node.address().raw)[0] = root_;
        root_ = node.leak().raw;
        ++depth_;
    }
    return {};
}

Result<FrameRef> PageTree::get_or_add(u64 index) {
    TRY(grow(index));
    Slot* slot = &root_;
    for (unsigned depth = depth_; depth > 0; --depth) {
        slot = &slots(*slot)[way(index, depth)];
        if (*slot == 0) {
            *slot = TRY(FrameRef::allocate(Fill::Zero)).leak().raw;
            if (depth == 1) ++pages_;
        }
    }
    return FrameRef::share(PhysAddr(*slot));
}

/// Builds a second tree of the same depth along the path to `first` and moves every slot right of that path into it.
Result<PageTree> PageTree::split(u64 first) {
    PageTree tail;
    if (first == 0) {
        std::swap(tail.root_, root_);
        std::swap(tail.depth_, depth_);
        std::swap(tail.pages_, pages_);
        return tail;
    }
    if (!reaches(depth_, first)) return tail;
    FrameRef nodes[kMaxDepth];
    for (unsigned depth = 1; depth <= depth_; ++depth) nodes[depth - 1] = TRY(FrameRef::allocate(Fill::Zero));
    Slot from = root_;
    Slot* to = &tail.root_;
    tail.depth_ = depth_;
    for (unsigned depth = depth_; depth > 0 && from != 0; --depth) {
        *to = nodes[depth - 1].leak().raw;
        const u64 on_path = way(first, depth);
        for (u64 i = on_path + (depth > 1 ? 1 : 0); i < kWays; ++i) slots(*to)[i] = std::exchange(slots(from)[i], 0);
        to = &slots(*to)[on_path];
        from = slots(from)[on_path];
    }
    tail.pages_ = count_pages(tail.root_, tail.depth_);
    pages_ -= tail.pages_;
    return tail;
}

u64 PageTree::count_pages(Slot node, unsigned depth) {
    if (node == 0) return 0;
    if (depth == 0) return 1;
    u64 count = 0;
    for (u64 i = 0; i < kWays; ++i) count += count_pages(slots(node)[i], depth - 1);
    return count;
}

void PageTree::free_node(Slot node, unsigned depth) {
    if (node == 0) return;
    for (u64 i = 0; depth > 0 && i < kWays; ++i) free_node(slots(node)[i], depth - 1);
    static_cast<void>(FrameRef::adopt(PhysAddr(node)));
}
