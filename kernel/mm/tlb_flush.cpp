// SPDX-License-Identifier: MIT
/// @file
/// @brief Pays the debt: invalidate, then free.
/// @chapter pair
#include "mm/tlb_flush.h"

#include "mm/address_space.h"

TlbFlush::~TlbFlush() { settle(); }

void TlbFlush::add(VirtAddr address) {
    if (page_count_ == kBatch) all_ = true;
    if (!all_) pages_[page_count_++] = address;
}

void TlbFlush::add(VirtAddr address, FrameRef frame) {
    if (frame_count_ == kBatch) settle();
    add(address);
    frames_[frame_count_++] = std::move(frame);
}

void TlbFlush::add_pair(VirtAddr, PhysAddr pair) {
    if (pair_count_ == kBatch) settle();
    // The processor also caches the upper levels of a walk, by address; after an unlinked table nothing less than all will do.
    add_all();
    pairs_[pair_count_++] = pair;
}

void TlbFlush::settle() {
    if (page_count_ == 0 && !all_) return;
    // A vCPU compares this number before every entry and flushes its guest translations when it changed.
    space_.nested_generation_.fetch_add(1, std::memory_order_seq_cst);
    invalidate_host_translations(space_.tables().host_root(), {pages_, page_count_},
                                 all_ ? Extent::All : Extent::Listed);
    for (usize i = 0; i < frame_count_; ++i) frames_[i] = FrameRef();
    for (usize i = 0; i < pair_count_; ++i) frames::free(pairs_[i], kPairOrder);
    page_count_ = frame_count_ = pair_count_ = 0;
    all_ = false;
}
