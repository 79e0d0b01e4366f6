// SPDX-License-Identifier: MIT
/// @file
/// @brief What memory ought to be: choosing runs of pages.
/// @chapter pair
#include "model.h"

#include <algorithm>

namespace pairstress {

uint64_t Random::next() {
    // xorshift64*
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1du >> 16;
}

size_t Model::random_page(Random& random) const {
    size_t const arena = random.below(kArenas.size());
    return arena * kArenaPages + begin_ + random.below(end_ - begin_);
}

Run Model::random_run(Random& random, size_t most) const {
    size_t const first = random_page(random);
    size_t const wanted = 1 + random.below(most);
    return {first, std::min(wanted, end_ - first % kArenaPages)};
}

Run Model::mapped_run(Random& random, size_t most) const {
    Run run = random_run(random, most);
    size_t count = 0;
    while (count < run.count && pages_[run.first + count].mapped) ++count;
    return {run.first, count};
}

}  // namespace pairstress
