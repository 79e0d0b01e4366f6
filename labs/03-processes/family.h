// SPDX-License-Identifier: MIT
/// @file
/// @brief Processes that fork and write, and a model of what each should read.
/// @chapter testing
#pragma once

#include "labs/03-processes/spaces.h"

namespace grading {

void expect_word(u64 seen, u64 expected, const std::string& where);
bool may_write(const Entry& entry);
/// Frames that these spaces have in all: each page's, whoever shares it, and two for each pair.
u64 frames_of(Spaces& machine, const std::vector<u32>& spaces);

/// What each process should read, by the first word of each page.
class Family {
   public:
    Family(Spaces& machine, VirtAddr begin, u64 pages) : machine_(machine), begin_(begin), pages_(pages) {
        words_[0].resize(pages);
    }
    VirtAddr page(u64 index) const { return begin_ + index * kPageBytes; }
    void write(u32 space, u64 index, u64 word) {
        machine_.run(write_to(space, page(index), word));
        words_[space][index] = word;
    }
    void fork(u32 parent, u32 child) {
        machine_.run(fork_space(parent, child));
        words_[child] = words_[parent];
    }
    void end(u32 space) {
        machine_.run(end_space(space));
        words_.erase(space);
    }
    /// Reads all pages of all, out of their frames; whoever may write to one must be alone with it.
    void expect_right();

   private:
    Spaces& machine_;
    VirtAddr begin_;
    u64 pages_;
    std::map<u32, std::vector<u64>> words_;
};

}  // namespace grading
