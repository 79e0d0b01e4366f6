// SPDX-License-Identifier: MIT
/// @file
/// @brief Reads the pages of all processes, and compares them with the model.
/// @chapter testing
#include "labs/03-processes/family.h"

#include <set>

namespace grading {

void expect_word(u64 seen, u64 expected, const std::string& where) {
    if (seen != expected) wrong("the word " + hex(expected) + " " + where, hex(seen));
}
bool may_write(const Entry& entry) { return entry.host.present() && entry.host.rights().write; }

u64 frames_of(Spaces& machine, const std::vector<u32>& spaces) {
    std::set<u64> frames;
    for (const u32 space : spaces) {
        const Contents contents = machine.contents(space);
        for (const Entry& page : contents.pages) {
            const u64 begin = page.host.frame().raw;
            for (u64 at = 0; at < bytes_per_entry(page.level); at += kPageBytes) frames.insert(begin + at);
        }
        for (const Entry& table : contents.tables) {
            frames.insert(table.host.frame().raw);
            frames.insert(table.host.frame().raw + kPageBytes);
        }
    }
    return frames.size() + 2 * spaces.size();
}

void Family::expect_right() {
    std::map<u64, unsigned> users;
    std::map<u32, Contents> all;
    for (const auto& [space, unused] : words_) all[space] = machine_.contents(space);
    for (const auto& [space, contents] : all) {
        for (const Entry& entry : contents.pages) ++users[entry.host.frame().raw];
    }
    for (const auto& [space, contents] : all) {
        const std::string whose = "in process " + std::to_string(space);
        for (u64 i = 0; i < pages_; ++i) {
            if (words_[space][i] == 0) continue;
            const Entry entry = entry_at(contents, page(i));
            const u64 word = machine_.word(entry.host.frame() + (page(i) - entry.address));
            expect_word(word, words_[space][i], whose + " at " + hex(page(i)));
            if (may_write(entry) && users[entry.host.frame().raw] > 1)
                wrong("nobody who may write to a frame that others have", entry.text() + " " + whose);
        }
        expect_both_halves(contents, machine_.format());
    }
}

}  // namespace grading
