// SPDX-License-Identifier: MIT
/// @file
/// @brief Lab 2: what a tree of pairs must be, after random calls of the student's functions.
/// @chapter testing
#include "labs/02-pair/tree.h"
#include "labs/grade/boots.h"
#include "labs/grade/steps.h"
#include "mm/kernel_space.h"

namespace grading {
namespace {

using pair_lab::Deed;
using pair_lab::Step;

/// Addresses where pages of all sizes fit that do not meet: each has a GiB to itself. Some lie outside the window.
enum class Where : u8 { Inside, Outside, Both };
std::vector<VirtAddr> places(Random& random, unsigned count, Where where) {
    std::map<u64, bool> gibs;
    while (gibs.size() < count) {
        const bool outside = where == Where::Outside || (where == Where::Both && random(2));
        gibs[outside ? 512 + random(512 * 254) : 1 + random(511)] = true;
    }
    std::vector<VirtAddr> list;
    for (const auto& [gib, unused] : gibs) list.emplace_back(gib * kGiB);
    random.shuffle(list);
    return list;
}

/// Some pages of all sizes with all rights. Their frames are numbers and no more: nobody reads them.
Pages some_pages(Random& random, unsigned count, Where where) {
    constexpr Rights kRights[] = {kReadOnly, kData, kCode, kNone, {true, true, true}};
    Pages pages;
    for (const VirtAddr gib : places(random, count, where)) {
        const auto size = static_cast<PageSize>(1 + pages.size() % 3);
        const u64 frame = u64{1 + random(255)} * kGiB + (size == PageSize::Size1G ? 0 : random(512)) * 2 * kMiB;
        const VirtAddr address = gib + (size == PageSize::Size1G ? 0 : random(512) * 2 * kMiB);
        pages[address] = {size, PhysAddr(frame), kRights[random(5)]};
        if (size != PageSize::Size4K) continue;
        // A few more in the same table.
        for (unsigned i = 0; i < 3; ++i)
            pages[address + random(512) * kPageBytes] = {size, PhysAddr(frame + i * kPageBytes), kRights[random(5)]};
    }
    return pages;
}

std::vector<Step> steps_that_map(Random& random, const Pages& pages) {
    std::vector<Step> steps;
    for (const auto& [address, page] : pages) steps.push_back(map_step(address, page));
    random.shuffle(steps);
    return steps;
}

/// A tree that the grader wrote, entry by entry, so that walking can be right before anything else is.
void walks(const Subject& subject) {
    Random random(subject.seed);
    Tree tree(subject);
    std::vector<Step> expected;
    const auto new_pair = [&] { return PhysAddr(tree.run({.deed = Deed::NewPair}).frame); };
    const auto put = [&](PhysAddr table, VirtAddr address, unsigned level, u64 host, u64 nested) {
        const PhysAddr place = table + table_index(address, level) * sizeof(HostEntry);
        tree.write_word(place, host);
        tree.write_word(place + kPageBytes, nested);
    };
    for (const VirtAddr gib : places(random, 6, Where::Both)) {
        PhysAddr table = tree.root();
        const unsigned end = expected.size() < 3 ? 3 - static_cast<unsigned>(expected.size()) : 1 + random(3);
        const VirtAddr address = gib + random(512) * (2 * kMiB) + random(512) * kPageBytes;
        for (unsigned level = kRootLevel; level > end; --level) {
            const PhysAddr place = table + table_index(address, level) * sizeof(HostEntry);
            HostEntry entry{tree.read_word(place)};
            if (!entry.mapped()) {
                entry = HostEntry::table(new_pair());
                put(table, address, level, entry.raw(), entry.raw() + kPageBytes);
            }
            table = entry.frame();
        }
        // The last one of each size is empty; one is held, with no right at all.
        const u64 nested = random(1 << 20) * kPageBytes;
        const auto size = static_cast<PageSize>(end);
        const Rights rights = expected.size() == 4 ? kNone : kData;
        const u64 host =
            expected.size() == 5 ? 0 : HostEntry::leaf(PhysAddr(kGiB * (1 + random(200))), size, rights).raw();
        put(table, address, end, host, nested);
        Step step = walk(address + random(64));
        step.level = end;
        step.host = host;
        step.nested = nested;
        expected.push_back(step);
    }
    const std::vector<Step> seen = tree.run(expected);
    for (usize i = 0; i < seen.size(); ++i) {
        const auto text = [](const Step& step) {
            return "level " + std::to_string(step.level) + ", host " + hex(step.host) + ", nested " + hex(step.nested);
        };
        if (text(seen[i]) != text(expected[i]))
            wrong(text(expected[i]) + " for " + hex(expected[i].address), text(seen[i]));
    }
}

void maps(const Subject& subject) {
    Random random(subject.seed);
    Tree tree(subject);
    const Pages pages = some_pages(random, 12, Where::Both);
    const std::vector<Step> done = tree.run(steps_that_map(random, pages));
    const Contents contents = tree.contents();
    expect_pages(contents, pages);
    // The root is a pair as well.
    const u64 pairs = contents.tables.size() + 1;
    if (done.back().pairs != pairs)
        wrong("a count of " + std::to_string(pairs) + " pairs", std::to_string(done.back().pairs));
}

void both_halves(const Subject& subject) {
    Random random(subject.seed);
    for (const NestedFormat format : {NestedFormat::Npt, NestedFormat::Ept}) {
        Tree tree(subject, format);
        const Pages pages = some_pages(random, 8, Where::Inside);
        tree.run(steps_that_map(random, pages));
        const Contents contents = tree.contents();
        if (contents.pages.size() != pages.size())
            wrong(std::to_string(pages.size()) + " pages", std::to_string(contents.pages.size()));
        expect_both_halves(contents, format);
        std::vector<Step> steps;
        for (const auto& [address, page] : pages)
            steps.push_back(protect(address, page.rights.write ? kReadOnly : kData));
        tree.run(steps);
        expect_both_halves(tree.contents(), format);
    }
}

void window(const Subject& subject) {
    Random random(subject.seed);
    Tree tree(subject);
    const Pages pages = some_pages(random, 8, Where::Outside);
    tree.run(steps_that_map(random, pages));
    Contents contents = tree.contents();
    if (contents.pages.size() != pages.size())
        wrong(std::to_string(pages.size()) + " pages", std::to_string(contents.pages.size()));
    for (const auto* list : {&contents.tables, &contents.pages, &contents.empty_beside_nested}) {
        for (const Entry& entry : *list) {
            if (entry.nested.raw() != 0) wrong("an empty nested half outside the window", entry.text());
        }
    }
}

/// The processor's part is the grader's: it sets the bits, also between the stores of the student's function.
void notes(const Subject& subject) {
    constexpr VirtAddr kPage{3 * kGiB + 5 * kPageBytes};
    for (const NestedFormat format : {NestedFormat::Npt, NestedFormat::Ept}) {
        Tree tree(subject, format, Budget::Nanoseconds);
        tree.run(map_new(kPage));
        const u64 host_bits[] = {HostEntry::A, HostEntry::D, 0, 0};
        const u64 nested_dirty = format == NestedFormat::Ept ? NestedEntry::kEptDirty : HostEntry::D;
        const u64 nested_bits[] = {0, 0, nested_noted(format) & ~nested_dirty, nested_dirty};
        const u64 kept[] = {HostEntry::A, HostEntry::D, HostEntry::A, HostEntry::D};
        for (unsigned i = 0; i < 4; ++i) {
            tree.run(replace(kPage, kData));
            const Entry fresh = tree.page_at(kPage);
            if (fresh.host.raw() & kHostNoted) wrong("a new page that nobody accessed yet", fresh.text());
            tree.write_word(fresh.place, fresh.host.raw() | host_bits[i]);
            tree.write_word(fresh.place + kPageBytes, fresh.nested.raw() | nested_bits[i]);
            tree.run(protect(kPage, kReadOnly));
            const Entry now = tree.page_at(kPage);
            if ((now.host.raw() & kHostNoted) != kept[i])
                wrong("a host entry with " + std::string(kept[i] == HostEntry::A ? "A" : "D") +
                          " set, which stood in the " + (i < 2 ? "host" : "nested") + " half before",
                      now.text());
        }
        // The processor writes to the page while its entry is exchanged: after the first store of the student's.
        tree.run(replace(kPage, kData));
        const Entry before = tree.page_at(kPage);
        const VirtAddr nested = kDirectMap + before.place.raw + kPageBytes;
        bool stored = false, wrote = false;
        tree.rsp().set_watchpoint(nested, sizeof(u64));
        tree.run(std::vector{protect(kPage, kReadOnly)}, [&] {
            const HostEntry host{tree.read_word(before.place)};
            wrote |= !stored && host.present() && host.rights().write;
            if (wrote && !stored) tree.write_word(before.place, host.raw() | HostEntry::D);
            stored = true;
        });
        tree.rsp().clear_watchpoint(nested, sizeof(u64));
        const Entry after = tree.page_at(kPage);
        if (wrote && !after.host.dirty()) wrong("a dirty page: the processor set D between two stores", after.text());
    }
}

/// Stops behind each store to an entry, and looks at both halves.
void order(const Subject& subject) {
    constexpr VirtAddr kPage{9 * kGiB};
    Tree tree(subject, NestedFormat::Npt, Budget::Nanoseconds);
    // Another page keeps the table where it is.
    tree.run({map_new(kPage), map_new(kPage + kPageBytes)});
    const PhysAddr place = tree.page_at(kPage).place;
    const auto look = [&](const char* doing) {
        return [&tree, place, doing] {
            const HostEntry host{tree.read_word(place)};
            const NestedEntry nested{tree.read_word(place + kPageBytes)};
            if (!nested.present(tree.format())) return;
            const Rights ours = host.present() ? host.rights() : kNone, guests = nested.rights(tree.format());
            if (host.present() && host.frame() == nested.frame() && ours.write >= guests.write &&
                ours.execute >= guests.execute) {
                return;
            }
            wrong("a nested entry that never allows more than the host entry beside it",
                  std::string("while ") + doing + ": host " + hex(host.raw()) + ", nested " + hex(nested.raw()));
        };
    };
    const VirtAddr host = kDirectMap + place.raw, nested = host + kPageBytes;
    tree.rsp().set_watchpoint(host, sizeof(u64));
    tree.rsp().set_watchpoint(nested, sizeof(u64));
    for (int round = 0; round < 2; ++round) {
        tree.run(std::vector{protect(kPage, kReadOnly)}, look("a right is taken away"));
        tree.run(std::vector{protect(kPage, kData)}, look("a right is given"));
        tree.run(std::vector{replace(kPage, kData)}, look("the frame is exchanged"));
        tree.run(std::vector{unmap(kPage, kPage + kPageBytes)}, look("the page is unmapped"));
        tree.run(std::vector{map_new(kPage)}, look("the page is mapped"));
    }
}

void unmaps(const Subject& subject) {
    Random random(subject.seed);
    Tree tree(subject);
    const u64 free_bytes = tree.free_bytes_when_empty();
    // Two tables of 4 KiB pages side by side, and a page of 2 MiB behind them.
    const VirtAddr begin = places(random, 1, Where::Inside)[0];
    Pages pages;
    std::vector<Step> steps;
    for (u64 at = 0; at < 1024; at += 1 + random(20)) steps.push_back(map_new(begin + at * kPageBytes));
    steps.push_back(map_new(begin + 4 * kMiB, 0, PageSize::Size2M));
    for (const Step& step : tree.run(steps))
        pages[VirtAddr(step.address)] = {static_cast<PageSize>(step.size), PhysAddr(step.frame), kData};
    // A page that nobody may reach keeps its frame, until it is unmapped as well.
    tree.run(protect(pages.begin()->first, kNone));
    pages.begin()->second.rights = kNone;
    // The middle, both ends of it inside a table.
    const VirtAddr from = begin + (100 + random(200)) * kPageBytes, to = begin + (600 + random(300)) * kPageBytes;
    for (const auto& [a, b] : {std::pair{from, to}, std::pair{begin, from}, std::pair{to, begin + 6 * kMiB}}) {
        const Step done = tree.run(unmap(a, b));
        pages.erase(pages.lower_bound(a), pages.lower_bound(b));
        const Contents contents = tree.contents();
        expect_pages(contents, pages);
        expect_both_halves(contents, tree.format());
        if (done.pairs != contents.tables.size() + 1)
            wrong("a count of " + std::to_string(contents.tables.size() + 1) + " pairs", std::to_string(done.pairs));
        u64 bytes = contents.tables.size() * sizeof(TablePair);
        for (const auto& [address, page] : pages) bytes += bytes_of(page.size);
        if (done.free_bytes + bytes != free_bytes)
            wrong(std::to_string((free_bytes - bytes) / kPageBytes) + " free frames after unmapping " + hex(a) +
                      " to " + hex(b),
                  std::to_string(done.free_bytes / kPageBytes));
        if (pages.empty() && !contents.tables.empty())
            wrong("no pair but the root in an empty tree", contents.tables.front().text());
    }
}

void forgets(const Subject& subject) {
    Random random(subject.seed);
    Tree tree(subject);
    const u64 word = u64{1 + random(1 << 30)} << 8;
    const VirtAddr page = places(random, 1, Where::Inside)[0], end = page + kPageBytes;
    const auto expect = [&](const Step& step, u64 value, const char* after) {
        if (step.value != value)
            wrong("the new page's " + hex(value) + after,
                  step.value + 1 == value ? "the old page's " + hex(step.value) : hex(step.value));
    };
    const std::vector<Step> done = tree.run({map_new(page, word), read(page), replace(page, kData, word + 1),
                                             read(page), unmap(page, end), map_new(page, word + 2), read(page)});
    expect(done[1], word, " where it was mapped");
    expect(done[3], word + 1, " after replace");
    expect(done[6], word + 2, " after unmap and map");
}

}  // namespace

const Checks& pair_checks() {
    static const Checks checks{.target = "twain.elf",
                               .by_name = {{"walks", walks},
                                           {"maps", maps},
                                           {"both-halves", both_halves},
                                           {"window", window},
                                           {"notes", notes},
                                           {"order", order},
                                           {"unmaps", unmaps},
                                           {"forgets", forgets},
                                           {"boots", boots},
                                           {"svm", runs_a_guest},
                                           {"vmx", runs_a_guest_on_vmx}}};
    return checks;
}

}  // namespace grading
