// SPDX-License-Identifier: MIT
/// @file
/// @brief Lab 3: what memories must be after forks and writes, by a model, the pairs, and the frames themselves.
/// @chapter testing
#include <algorithm>
#include <set>

#include "labs/03-processes/family.h"
#include "labs/grade/boots.h"
#include "labs/grade/steps.h"

namespace grading {
namespace {

using fork_lab::Deed;
using fork_lab::From;
using fork_lab::Step;

/// A place of random pages, each in another GiB.
VirtAddr inside(Random& random, unsigned gib) {
    return VirtAddr((1 + gib) * kGiB + random(512) * 2 * kMiB + random(400) * kPageBytes);
}
VirtAddr outside(Random& random, unsigned gib) { return inside(random, 512 + gib); }
u64 random_word(Random& random) { return u64{random(1U << 30)} << 16 | (1 + random(0xffff)); }

constexpr auto kMapped = static_cast<u64>(Resolution::Mapped), kSpurious = static_cast<u64>(Resolution::Spurious),
               kNotBacked = static_cast<u64>(Resolution::NotBacked), kDenied = static_cast<u64>(Resolution::Denied);

void expect_number(u64 seen, u64 expected, const std::string& what) {
    if (seen != expected) wrong(std::to_string(expected) + " " + what, std::to_string(seen));
}
void expect_end(const Step& fault, u64 expected, const std::string& what) {
    if (fault.resolution != expected)
        wrong(what + " settled as " + std::to_string(expected) + " (kernel/mm/address_space.h: Resolution)",
              "settled as " + std::to_string(fault.resolution));
}
/// References, without any memory.
void counts(const Subject& subject) {
    Random random(subject.seed);
    Spaces machine(subject);
    const auto count = [&](PhysAddr frame, PageSize size, u64 expected, const char* what) {
        expect_number(machine.run(frame_step(Deed::Count, frame, size)).value, expected, what);
    };
    constexpr PageSize kSmall = PageSize::Size4K, kLarge = PageSize::Size2M;
    const u64 before = machine.run(frame_step(Deed::Count)).free_bytes;
    const PhysAddr frame(machine.run(frame_step(Deed::NewFrame)).address);
    count(frame, kSmall, 1, "reference to a new frame");
    machine.run({frame_step(Deed::Share, frame), frame_step(Deed::Share, frame)});
    count(frame, kSmall, 3, "references to a frame that was shared twice");
    machine.run({frame_step(Deed::Drop, frame), frame_step(Deed::Drop, frame)});
    count(frame, kSmall, 1, "reference after two were dropped");
    const auto expect_free = [&](const Step& step, u64 taken, const char* when) {
        expect_number((before - step.free_bytes) / kPageBytes, taken, std::string("frames taken ") + when);
    };
    expect_free(machine.run(frame_step(Deed::Count, frame)), 1, "while one reference is left");
    expect_free(machine.run(frame_step(Deed::Drop, frame)), 0, "after the last reference was dropped");
    // Of a large page each frame is counted by itself, and may outlive the others.
    const PhysAddr block(machine.run(frame_step(Deed::NewFrame, {}, kLarge)).address);
    const PhysAddr part = block + (1 + random(510)) * kPageBytes, next = part + kPageBytes;
    machine.run(frame_step(Deed::Share, part));
    count(block, kLarge, 2, "references to the frame that has most");
    count(part, kSmall, 2, "references to a frame of a large page that was shared");
    count(next, kSmall, 1, "reference to the next frame of that page");
    machine.run(frame_step(Deed::Share, block, kLarge));
    count(part, kSmall, 3, "references to that frame when the whole was shared as well");
    count(next, kSmall, 2, "references to the next frame then");
    machine.run({frame_step(Deed::Drop, block, kLarge), frame_step(Deed::Drop, block, kLarge)});
    expect_free(machine.run(frame_step(Deed::Count, part)), 1, "when one frame of a large page has a reference left");
    expect_free(machine.run(frame_step(Deed::Drop, part)), 0, "after the last one");
}

void touches(const Subject& subject) {
    Random random(subject.seed);
    Spaces machine(subject);
    const VirtAddr zeros = inside(random, 0), code = outside(random, 1), mine = inside(random, 2),
                   mine_too = outside(random, 3), shared = inside(random, 4);
    machine.run({new_space(0), map_range(0, {zeros, 4 * kPageBytes}), map_range(0, {code, kPageBytes, kCode}),
                 map_range(0, {mine, kPageBytes, kData, From::Source}),
                 map_range(0, {mine_too, kPageBytes, kAll, From::Source}),
                 map_range(0, {shared, kPageBytes, kData, From::SharedSource})});
    const u64 word = random_word(random);
    std::vector<Step> done =
        machine.run({read_from(0, zeros), write_to(0, zeros + kPageBytes + 8, word), read_from(0, code),
                     read_from(0, mine), write_to(0, mine_too + 16, word), write_to(0, shared + 24, word)});
    expect_word(done[0].value, 0, "in a page that nobody touched before");
    expect_word(machine.word_at(0, zeros + kPageBytes), 0, "beside what was written");
    expect_word(machine.word_at(0, zeros + kPageBytes + 8), word, "where it was written");
    const auto expect_rights = [&](VirtAddr address, Rights rights, const char* what) {
        const Entry entry = machine.page_at(0, address);
        if (!(entry.host.rights() == rights)) wrong(std::string("the rights of ") + what, entry.text());
    };
    expect_rights(zeros, kData, "its region for a page that was read first");
    expect_rights(code, kCode, "its region for a page of code");
    const u64 original = machine.source_word();
    // A private mapping.
    expect_word(done[3].value, original, "of the source");
    if (machine.page_at(0, mine).host.frame() != machine.source())
        wrong("the source's own frame where a private mapping is only read", machine.page_at(0, mine).text());
    expect_rights(mine, kReadOnly, "its region but for writing, where it shows the source's page");
    expect_rights(mine_too, kAll, "its region where it has a copy");
    expect_word(machine.word_at(0, mine_too + 16), word, "in the copy");
    expect_word(machine.word_at(0, mine_too + 24), original, "of the source, beside what was written to the copy");
    machine.run(write_to(0, mine + 32, word));
    expect_word(machine.word_at(0, mine + 32), word, "in the copy, when a page that was read is written to");
    expect_word(machine.word_at(0, mine), original, "of the source in that copy");
    // A shared one writes into the source, and nobody else did.
    expect_word(machine.word(machine.source() + 24), word, "that a shared mapping wrote into the source");
    for (const u64 offset : {u64{16}, u64{32}})
        expect_word(machine.word(machine.source() + offset), original,
                    "in the source, which private mappings wrote to");
    expect_both_halves(machine.contents(0), machine.format());
}

/// Ranges of all kinds, for a space that will be forked, and their pages, touched.
struct Parent {
    VirtAddr data, far_data, code, fixed, shared;
    std::vector<Step> steps(Random& random) const {
        std::vector<Step> list{
            new_space(0), map_range(0, {data, 8 * kPageBytes}), map_range(0, {far_data, 8 * kPageBytes, kAll}),
            map_range(0, {code, 2 * kPageBytes, kCode}), map_range(0, {fixed, kPageBytes, kData, From::Source}),
            map_range(0, {shared, kPageBytes, kData, From::SharedSource}), read_from(0, code), read_from(0, fixed),
            write_to(0, shared, random_word(random)), write_to(0, data + 7 * kPageBytes, random_word(random)),
            // Nobody may reach it, and yet it is there.
            protect_range(0, data + 7 * kPageBytes, kPageBytes, kNone)};
        for (u64 i = 0; i < 5; ++i) {
            list.push_back(write_to(0, data + i * kPageBytes, random_word(random)));
            list.push_back(write_to(0, far_data + i * kPageBytes, random_word(random)));
        }
        return list;
    }
};
Parent a_parent(Random& random) {
    return {inside(random, 0), outside(random, 1), outside(random, 2), inside(random, 3), inside(random, 4)};
}

void copies(const Subject& subject) {
    Random random(subject.seed);
    Spaces machine(subject);
    const Parent parent = a_parent(random);
    machine.run(parent.steps(random));
    Pages expected;
    for (const Entry& entry : machine.contents(0).pages) {
        Rights left = entry.host.rights();
        if (entry.address != parent.shared) left.write = false;
        expected[entry.address] = {PageSize::Size4K, entry.host.frame(), left};
    }
    // A process is more than its pages: what nobody touched yet belongs to it as well.
    machine.run(fork_space(0, 1));
    std::set<u64> tables;
    for (const u32 space : {0U, 1U}) {
        const Contents contents = machine.contents(space);
        expect_pages(contents, expected);
        expect_both_halves(contents, machine.format());
        for (const Entry& entry : contents.tables) {
            if (!tables.insert(entry.host.frame().raw).second)
                wrong("tables of its own for each process", "both have that at " + hex(entry.host.frame()));
        }
    }
    for (const u32 space : {1U, 0U}) {
        const VirtAddr untouched = parent.data + (5 + space) * kPageBytes;
        const u64 word = random_word(random);
        machine.run(write_to(space, untouched, word));
        expect_word(machine.word_at(space, untouched), word, "where a process first writes after fork");
        expect_end(machine.run(fault_at(space, parent.code, Access::Write)), kDenied, "a write to code");
        expect_end(machine.run(fault_at(space, parent.code + 64 * kGiB, Access::Read)), kNotBacked,
                   "an access where nothing is mapped");
    }
}

void writes(const Subject& subject) {
    Random random(subject.seed);
    Spaces machine(subject);
    constexpr u64 kPages = 12;
    const VirtAddr begin = inside(random, 0);
    machine.run({new_space(0), map_range(0, {begin, kPages * kPageBytes})});
    Family family(machine, begin, kPages);
    for (u64 i = 0; i < kPages - 1; ++i) family.write(0, i, random_word(random));
    // All of a page is copied, not only where it is written.
    const u64 last_word = random_word(random);
    machine.run(write_to(0, family.page(3) + kPageBytes - 8, last_word));
    family.fork(0, 1);
    const PhysAddr before = machine.page_at(1, family.page(3)).host.frame();
    const u64 free_before = machine.run(read_from(1, family.page(3))).free_bytes;
    family.write(1, 3, random_word(random));
    if (machine.page_at(1, family.page(3)).host.frame() == before ||
        machine.page_at(0, family.page(3)).host.frame() != before)
        wrong("a frame of its own for the one who writes, and the old one for the other",
              "the other way round, or none");
    expect_word(machine.word_at(1, family.page(3) + kPageBytes - 8), last_word, "at the end of a copied page");
    const Step again = machine.run(fault_at(1, family.page(3), Access::Write));
    expect_end(again, kSpurious, "a fault on a page that may be written already");
    expect_number((free_before - again.free_bytes) / kPageBytes, 1, "frame taken for one page that was written");
    family.expect_right();
    family.fork(1, 2);
    family.fork(0, 3);
    for (int round = 0; round < 20; ++round) family.write(random(4), random(kPages), random_word(random));
    family.expect_right();
}

void guests(const Subject& subject) {
    Random random(subject.seed);
    for (const NestedFormat format : {NestedFormat::Npt, NestedFormat::Ept}) {
        Spaces machine(subject, format);
        const VirtAddr begin = inside(random, 0);
        const u64 word = random_word(random);
        machine.run({new_space(0), map_range(0, {begin, 4 * kPageBytes})});
        expect_end(machine.run(fault_at(0, begin, Access::Write, Ring::RingV)), kMapped, "a guest's first touch");
        machine.run({write_to(0, begin, word), write_to(0, begin + kPageBytes, word), fork_space(0, 1)});
        for (const u32 writer : {0U, 1U}) {
            const VirtAddr page = begin + writer * kPageBytes;
            const PhysAddr old = machine.page_at(0, page).host.frame();
            expect_end(machine.run(fault_at(writer, page, Access::Write, Ring::RingV)), kMapped, "a guest's write");
            for (const u32 space : {writer, 1 - writer}) {
                const Contents contents = machine.contents(space);
                expect_both_halves(contents, format);
                const Entry entry = entry_at(contents, page);
                if ((entry.host.frame() == old) != (space != writer) || may_write(entry) != (space == writer))
                    wrong(space == writer ? "a frame of its own for the guest that writes, to be written"
                                          : "the old frame for the process whose guest did not write, closed",
                          entry.text());
                expect_word(machine.word(entry.host.frame()), word, "in the page of both");
            }
            expect_end(machine.run(fault_at(writer, page, Access::Write, Ring::RingV)), kSpurious,
                       "a guest's fault on a page that may be written already");
        }
    }
}

void last_holder(const Subject& subject) {
    Random random(subject.seed);
    Spaces machine(subject);
    const VirtAddr page = inside(random, 0), other = page + kPageBytes;
    machine.run({new_space(0), map_range(0, {page, 2 * kPageBytes}), write_to(0, page, random_word(random)),
                 write_to(0, other, random_word(random)), fork_space(0, 1)});
    const auto expect_in_place = [&](u32 space, VirtAddr address, const char* who) {
        const PhysAddr frame = machine.page_at(space, address).host.frame();
        const u64 word = random_word(random);
        const std::vector<Step> done = machine.run({frame_step(Deed::Count, frame), write_to(space, address, word)});
        const Entry entry = machine.page_at(space, address);
        if (entry.host.frame() != frame || !may_write(entry))
            wrong(std::string("the frame at ") + hex(frame) + " for " + who + ", to be written", entry.text());
        expect_word(machine.word(frame), word, "in it");
        expect_number((done[0].free_bytes - done[1].free_bytes) / kPageBytes, 0,
                      std::string("frames taken for ") + who);
    };
    // The other has its copy already, or has ended.
    machine.run(write_to(1, page, random_word(random)));
    expect_in_place(0, page, "the one who is left with the page");
    machine.run(end_space(1));
    expect_in_place(0, other, "a process whose child has ended");
    machine.run({fork_space(0, 2), end_space(0)});
    expect_in_place(2, page, "a child whose parent has ended");
    expect_both_halves(machine.contents(2), machine.format());
}

void large(const Subject& subject) {
    Random random(subject.seed);
    Spaces machine(subject, NestedFormat::Npt, PageSize::Size2M);
    const VirtAddr begin{(2 + random(300)) * kGiB + random(500) * 2 * kMiB};
    const VirtAddr written = begin + (1 + random(510)) * kPageBytes, beside = written + kPageBytes;
    const u64 word = random_word(random), other = random_word(random);
    machine.run(
        {new_space(0), map_range(0, {begin, 2 * kMiB}), write_to(0, written, word), write_to(0, beside, other)});
    const Entry whole = machine.page_at(0, written);
    if (whole.level != 2) wrong("a page of 2 MiB where a region has room for it", whole.text());
    machine.run(fork_space(0, 1));
    if (const Entry childs = machine.page_at(1, written);
        childs.level != 2 || childs.host.frame() != whole.host.frame())
        wrong("the same page of 2 MiB in the child", childs.text());
    const u64 before = machine.run(read_from(1, written)).free_bytes;
    const u64 taken = before - machine.run(write_to(1, written, ~word)).free_bytes;
    expect_number(taken / kPageBytes, 3, "frames taken: a copy of 4 KiB, and a pair for the table that is needed now");
    const PhysAddr frame = whole.host.frame();
    const auto expect = [&](u32 space, VirtAddr address, u64 value) {
        expect_word(machine.word_at(space, address), value, "in process " + std::to_string(space));
    };
    expect(1, written, ~word);
    expect(0, written, word);
    expect(1, beside, other);
    const Entry kept = machine.page_at(1, beside), parents = machine.page_at(0, written);
    if (kept.host.frame() != frame + (beside - begin) || may_write(kept))
        wrong("the other pages where they were, closed", kept.text());
    if (parents.level != 2 || may_write(parents)) wrong("the parent's page of 2 MiB as it was, closed", parents.text());
    machine.run(write_to(0, beside, ~other));
    expect(0, beside, ~other);
    expect(1, beside, other);
    for (const u32 space : {0U, 1U}) expect_both_halves(machine.contents(space), machine.format());
}

void protects(const Subject& subject) {
    Random random(subject.seed);
    Spaces machine(subject);
    const VirtAddr page = inside(random, 0), other = page + kPageBytes;
    const u64 word = random_word(random), mine = random_word(random);
    machine.run({new_space(0), map_range(0, {page, 2 * kPageBytes}), write_to(0, page, word), write_to(0, other, word),
                 fork_space(0, 1)});
    machine.run({protect_range(0, page, kPageBytes, kReadOnly), protect_range(0, page, kPageBytes, kData)});
    const Entry shared = machine.page_at(0, page);
    if (may_write(shared)) wrong("a page closed to writes that another process has as well", shared.text());
    machine.run(write_to(0, page, mine));
    expect_word(machine.word_at(1, page), word, "in the other process");
    expect_word(machine.word_at(0, page), mine, "in the one that wrote");
    // Its own page: closed at once, in both halves and in what the processor remembers.
    machine.run(protect_range(0, page, kPageBytes, kReadOnly));
    const Step refused = machine.try_to(write_to(0, page, ~mine));
    if (refused.error == 0 || refused.resolution != kDenied)
        wrong("a write to a page that is read-only now, denied",
              refused.error ? "settled otherwise" : "it went through");
    expect_both_halves(machine.contents(0), machine.format());
    machine.run({protect_range(0, page, kPageBytes, kNone), protect_range(0, page, kPageBytes, kAll)});
    expect_word(machine.word_at(0, page), mine, "in a page that nobody could reach for a while");
    expect_number(machine.try_to(protect_range(0, other, 4 * kPageBytes, kData)).error, ENOMEM, "(ENOMEM) for a hole");
}

void forgets(const Subject& subject) {
    Random random(subject.seed);
    Spaces machine(subject);
    const VirtAddr page = outside(random, 0);
    const u64 word = random_word(random), next = random_word(random);
    // One list: the processor keeps what it remembers.
    machine.run({new_space(0), map_range(0, {page, kPageBytes}), write_to(0, page, word), fork_space(0, 1),
                 write_to(0, page, next)});
    expect_word(machine.word_at(1, page), word, "in the child, after the parent wrote");
    expect_word(machine.word_at(0, page), next, "in the parent");
}

void gives_back(const Subject& subject) {
    Random random(subject.seed);
    for (const PageSize largest : {PageSize::Size4K, PageSize::Size2M}) {
        Spaces machine(subject, NestedFormat::Npt, largest);
        const VirtAddr small = inside(random, 0), big((9 + random(300)) * kGiB);
        const auto writes_to_small = [&](unsigned spaces) {
            std::vector<Step> list;
            for (int i = 0; i < 8; ++i) list.push_back(write_to(random(spaces), small + random(8) * kPageBytes, 1));
            return list;
        };
        // The first process keeps its page of 2 MiB whole; the others have parts of it, and copies.
        const auto grow_up = [&] {
            machine.run({new_space(0), map_range(0, {small, 8 * kPageBytes}), map_range(0, {big, 2 * kMiB}),
                         write_to(0, big, 1), write_to(0, big + random(512) * kPageBytes, 1)});
            machine.run(writes_to_small(1));
            machine.run({fork_space(0, 1), write_to(1, big, 2), write_to(1, big + random(512) * kPageBytes, 2)});
            machine.run(writes_to_small(2));
            machine.run({fork_space(1, 2), write_to(2, big + random(512) * kPageBytes, 3)});
            return machine.run(writes_to_small(3)).back().free_bytes;
        };
        const auto end_all = [&](const std::vector<u32>& spaces) {
            u64 free = 0;
            for (const u32 space : spaces) free = machine.run(end_space(space)).free_bytes;
            return free;
        };
        grow_up();
        const u64 all = end_all({0, 2, 1});
        // The kernel's heap has a frame or two for what it notes of processes that live.
        const auto expect_taken = [&](u64 free, const std::vector<u32>& spaces, const char* when) {
            const u64 taken = (all - free) / kPageBytes, least = frames_of(machine, spaces);
            if (taken < least || taken > least + (spaces.empty() ? 0 : 2))
                expect_number(taken, least, std::string("frames taken ") + when);
        };
        expect_taken(grow_up(), {0, 1, 2}, "by three processes");
        expect_taken(end_all({0}), {1, 2}, "by two, when the first has ended");
        expect_taken(end_all({2}), {1}, "by the last one");
        expect_taken(end_all({1}), {}, "when all have ended");
    }
}

}  // namespace

const Checks& processes_checks() {
    static const Checks checks{.target = "twain.elf",
                               .by_name = {{"counts", counts},
                                           {"touches", touches},
                                           {"copies", copies},
                                           {"writes", writes},
                                           {"guests", guests},
                                           {"last-holder", last_holder},
                                           {"large", large},
                                           {"protects", protects},
                                           {"forgets", forgets},
                                           {"gives-back", gives_back},
                                           {"boots", boots},
                                           {"svm", runs_a_guest}}};
    return checks;
}

}  // namespace grading
