// SPDX-License-Identifier: MIT
/// @file
/// @brief Lab 6: faults one by one, in memory that the grader laid out; then programs and guests that fault.
/// @chapter testing
#include <map>

#include "labs/06-nested-faults/bench.h"
#include "labs/grade/guests.h"
#include "labs/grade/steps.h"
#include "mm/address_space.h"

namespace grading {
namespace {

using fault_lab::Deed;
using fault_lab::Shows;
using fault_lab::Step;

constexpr u64 kReadable = 1, kWritable = 2, kExecutable = 4;
constexpr u64 kNoted = HostEntry::A | HostEntry::D;
/// Where regions of the grader lie: some inside the window, some outside.
constexpr VirtAddr kInside{0x4000'0000}, kOutside{0x7000'0000'0000};

std::string hex(u64 value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}
std::string name_of(Access access) {
    return access == Access::Read ? "read" : access == Access::Write ? "write" : "execute";
}
std::string name_of(u32 resolution) {
    constexpr const char* kNames[] = {"Mapped", "Spurious", "NotBacked", "Denied", "NoMemory", "BeyondEnd"};
    return resolution < std::size(kNames) ? kNames[resolution] : std::to_string(resolution);
}

Step region(VirtAddr address, u64 bytes, u64 protection, Shows shows = Shows::Zeroes) {
    return {.deed = Deed::Region, .address = address.raw, .bytes = bytes, .protection = protection, .shows = shows};
}
Step fault(VirtAddr address, Access access, Ring ring = Ring::RingV, u32 space = 0) {
    return {.deed = Deed::Fault,
            .space = space,
            .address = address.raw,
            .access = static_cast<u32>(access),
            .ring = static_cast<u32>(ring)};
}
Step look(VirtAddr address, u32 space = 0) { return {.deed = Deed::Look, .space = space, .address = address.raw}; }
Step write(VirtAddr address, u64 word, u32 space = 0) {
    return {.deed = Deed::Write, .space = space, .address = address.raw, .word = word};
}

/// The machine before the first process.
class Faults {
   public:
    explicit Faults(const Subject& subject, NestedFormat format = NestedFormat::Npt)
        : bench_({.kernel = subject.submission.tree() / "build/twain.elf"}), format_(format) {
        bench_.run_to(bench_.kernel().address_of("start_cores"), kToKernel);
        bench_.call("lab_reset", {static_cast<u64>(format)}, kStepsBudget);
    }
    std::vector<Step> run(const std::vector<Step>& steps) { return run_steps(bench_, steps); }
    Step run(const Step& step) { return run(std::vector{step})[0]; }
    NestedFormat format() const { return format_; }

   private:
    Bench bench_;
    NestedFormat format_;
};

std::string what(const Step& step) {
    return "a " + name_of(static_cast<Access>(step.access)) + " at " + hex(step.address);
}
void expect_resolution(const Step& step, Resolution expected) {
    if (step.resolution == static_cast<u32>(expected)) return;
    wrong(name_of(static_cast<u32>(expected)) + " for " + what(step), name_of(step.resolution));
}
void expect_word(const Step& step, u64 word, const std::string& where) {
    if (step.word != word) wrong(hex(word) + " in " + where + " at " + hex(step.address), hex(step.word));
}

/// What stands in the pair is a page of this size with these rights, in both halves.
void expect_page(const Step& step, PageSize size, Rights rights, NestedFormat format) {
    const HostEntry host{step.host};
    const VirtAddr address(step.address);
    const HostEntry right = HostEntry::leaf(host.frame(), size, rights);
    if (step.level != level_of(size) || (step.host & ~kNoted) != right.raw())
        wrong(
            "a host entry " + hex(right.raw()) + " at level " + std::to_string(level_of(size)) + " after " + what(step),
            hex(step.host) + " at level " + std::to_string(step.level));
    const NestedEntry nested =
        in_window(address) ? NestedEntry::leaf(host.frame(), size, rights, format) : NestedEntry();
    const u64 noted = format == NestedFormat::Ept ? NestedEntry::kEptAccessed | NestedEntry::kEptDirty : kNoted;
    if ((step.nested & ~noted) != nested.raw())
        wrong("a nested entry " + hex(nested.raw()) + " after " + what(step), hex(step.nested));
}

struct ModelRegion {
    VirtAddr begin, end;
    u64 protection;
    Shows shows;
};

/// Regions side by side and apart, and what each access to them, between and around them must be answered.
void answers(const Subject& subject) {
    Random random(subject.seed);
    Faults faults(subject);
    std::vector<ModelRegion> model;
    std::vector<Step> steps;
    for (const VirtAddr area : {kInside, kOutside}) {
        VirtAddr at = area;
        for (unsigned i = 0; i < 8; ++i) {
            at = at + random(2) * kPageBytes;
            const u64 pages = 1 + random(3);
            const u64 protection = i < 4 ? (u64[]){0, kReadable, kReadable | kExecutable, kReadable | kWritable}[i]
                                         : (u64[]){kReadable | kWritable, kWritable, 7, 1}[random(4)];
            model.push_back({at, at + pages * kPageBytes, protection, Shows::Zeroes});
            at = model.back().end;
        }
        // More pages than the source has.
        at = at + kPageBytes;
        model.push_back({at, at + 16 * kPageBytes, kReadable | kWritable,
                         area == kInside ? Shows::PrivateSource : Shows::SharedSource});
    }
    for (const ModelRegion& each : model)
        steps.push_back(region(each.begin, each.end - each.begin, each.protection, each.shows));
    // Of each region its first and its last byte, and what is just before and just behind.
    std::vector<Step> touches;
    for (const ModelRegion& each : model) {
        for (const VirtAddr at : {each.begin - 1, each.begin, each.end - 1, each.end}) {
            for (const Access access : {Access::Read, Access::Write, Access::Execute})
                touches.push_back(fault(at, access, random(2) ? Ring::RingV : Ring::Ring3));
        }
    }
    touches.push_back(fault(VirtAddr(0x8000'0000'0000), Access::Read));
    touches.push_back(fault(VirtAddr(0xffff'8000'0000'0000), Access::Read));
    random.shuffle(touches);
    if (touches.size() + steps.size() > fault_lab::kSteps) throw std::logic_error("too many steps");
    steps.insert(steps.end(), touches.begin(), touches.end());
    for (const Step& step : faults.run(steps)) {
        if (step.deed != Deed::Fault) continue;
        const VirtAddr address(step.address);
        const auto found = std::find_if(model.begin(), model.end(), [&](const ModelRegion& each) {
            return address >= each.begin && address < each.end;
        });
        const u64 needed = step.access == 1 ? kWritable : step.access == 2 ? kExecutable : kReadable | kWritable;
        if (found == model.end()) {
            expect_resolution(step, Resolution::NotBacked);
        } else if (!(found->protection & needed)) {
            expect_resolution(step, Resolution::Denied);
        } else if (found->shows != Shows::Zeroes && address - found->begin >= fault_lab::kSourcePages * kPageBytes) {
            expect_resolution(step, Resolution::BeyondEnd);
        } else if (step.resolution != static_cast<u32>(Resolution::Spurious)) {
            expect_resolution(step, Resolution::Mapped);
        }
    }
}

/// Mapped is said once; after that the entry allows the access.
void once(const Subject& subject) {
    Faults faults(subject);
    for (const VirtAddr area : {kInside, kOutside}) {
        const std::vector<Step> done =
            faults.run({region(area, 4 * kPageBytes, kReadable | kWritable), fault(area + 5, Access::Read),
                        fault(area + 9, Access::Write, Ring::Ring3), fault(area, Access::Read),
                        region(area + 0x10000, kPageBytes, kReadable, Shows::PrivateSource),
                        fault(area + 0x10000, Access::Read), fault(area + 0x10000, Access::Read)});
        expect_resolution(done[1], Resolution::Mapped);
        expect_resolution(done[2], Resolution::Spurious);
        expect_resolution(done[3], Resolution::Spurious);
        if (done[1].host != done[3].host) wrong("the same entry " + hex(done[1].host), hex(done[3].host));
        expect_resolution(done[5], Resolution::Mapped);
        expect_resolution(done[6], Resolution::Spurious);
    }
}

void fresh(const Subject& subject) {
    Random random(subject.seed);
    for (const NestedFormat format : {NestedFormat::Npt, NestedFormat::Ept}) {
        Faults faults(subject, format);
        for (const VirtAddr area : {kInside, kOutside}) {
            for (const u64 protection : {kReadable, kReadable | kWritable, kReadable | kExecutable, u64{7}}) {
                const VirtAddr place = area + (1 + 8 * protection) * 2 * kMiB;
                const Rights rights{true, (protection & 2) != 0, (protection & 4) != 0};
                const Access access = protection & 2 ? Access::Write : Access::Read;
                const VirtAddr small = place + random(200) * kPageBytes, large = place + 2 * kMiB;
                const std::vector<Step> done = faults.run(
                    {region(small, 3 * kPageBytes, protection), region(large, 4 * kMiB, protection),
                     fault(small + kPageBytes + 8, access), fault(large + random(1024) * kPageBytes, access)});
                expect_resolution(done[2], Resolution::Mapped);
                expect_word(done[2], 0, "a fresh page");
                expect_page(done[2], PageSize::Size4K, rights, format);
                expect_resolution(done[3], Resolution::Mapped);
                expect_word(done[3], 0, "a fresh page");
                // Only what may be written is worth more than 4 KiB.
                expect_page(done[3], protection & 2 ? PageSize::Size2M : PageSize::Size4K, rights, format);
            }
        }
    }
}

/// Pages of a file: a private mapping shows them until somebody writes, a shared one is them.
void sources(const Subject& subject) {
    Random random(subject.seed);
    const u64 word = 0xabc00000 + random(1 << 16);
    for (const NestedFormat format : {NestedFormat::Npt, NestedFormat::Ept}) {
        Faults faults(subject, format);
        for (const VirtAddr area : {kInside, kOutside}) {
            const VirtAddr mine = area, other = area + kMiB, shared = area + 2 * kMiB;
            const u64 first = random(6), second = first + 1;
            const auto at = [](VirtAddr begin, u64 page) { return begin + page * kPageBytes; };
            const u64 bytes = fault_lab::kSourcePages * kPageBytes;
            const std::vector<Step> done =
                faults.run({region(mine, bytes, 3, Shows::PrivateSource), region(other, bytes, 3, Shows::PrivateSource),
                            region(shared, bytes, 3, Shows::SharedSource), fault(at(mine, first), Access::Read),
                            fault(at(other, first), Access::Read), fault(at(mine, first), Access::Write),
                            write(at(mine, first), word), look(at(other, first)),
                            fault(at(mine, second), Access::Write), fault(at(shared, first), Access::Read),
                            fault(at(shared, second), Access::Write), look(at(mine, second))});
            const u64 original = fault_lab::kSourceWord;
            for (const int i : {3, 4, 5, 8, 9, 10}) expect_resolution(done[static_cast<usize>(i)], Resolution::Mapped);
            expect_word(done[3], original + first, "a private page that was read");
            expect_page(done[3], PageSize::Size4K, {true, false, false}, format);
            if (HostEntry(done[3].host).frame() != HostEntry(done[4].host).frame())
                wrong("one frame for two who only read", "two frames");
            expect_word(done[5], original + first, "the copy of a page");
            expect_page(done[5], PageSize::Size4K, {true, true, false}, format);
            expect_word(done[7], original + first, "the other's page, after this one was written");
            expect_word(done[8], original + second, "the copy of a page that was written at once");
            expect_page(done[8], PageSize::Size4K, {true, true, false}, format);
            expect_word(done[9], original + first, "a shared page");
            expect_page(done[9], PageSize::Size4K, {true, true, false}, format);
            if (HostEntry(done[9].host).frame() != HostEntry(done[3].host).frame())
                wrong("the file's own frame in a shared mapping", "another frame");
            expect_page(done[10], PageSize::Size4K, {true, true, false}, format);
            if (HostEntry(done[10].host).frame() == HostEntry(done[11].host).frame())
                wrong("a frame of its own for who wrote privately", "the file's frame");
        }
    }
}

/// After a fork: whoever writes first gets a copy, and the last one gets the right back.
void copies(const Subject& subject) {
    Random random(subject.seed);
    const u64 word = 0x77700000 + random(1 << 16);
    for (const VirtAddr area : {kInside, kOutside}) {
        Faults faults(subject);
        const VirtAddr page = area + random(3) * kPageBytes, large = area + 4 * kMiB, piece = large + 7 * kPageBytes;
        const std::vector<Step> done = faults.run(
            {region(area, 4 * kPageBytes, 3), region(large, 2 * kMiB, 3), fault(page, Access::Write), write(page, word),
             fault(piece, Access::Write), write(piece, word + 1), Step{.deed = Deed::Fork},
             fault(page, Access::Write, Ring::RingV, 1), look(page), write(page, word + 2, 1), look(page),
             fault(page, Access::Write), look(page, 1), fault(piece, Access::Write, Ring::Ring3, 1), look(piece),
             fault(large + 9 * kPageBytes, Access::Read, Ring::Ring3, 1), fault(page, Access::Read)});
        const Step &child = done[7], &parent = done[8], &given_back = done[11];
        expect_resolution(child, Resolution::Mapped);
        expect_word(child, word, "the child's copy");
        expect_page(child, PageSize::Size4K, {true, true, false}, faults.format());
        if (HostEntry(child.host).frame() == HostEntry(parent.host).frame())
            wrong("a copy for the one who writes", "the frame that the other has");
        expect_word(done[10], word, "the parent's page, after the child has written");
        expect_resolution(given_back, Resolution::Mapped);
        expect_page(given_back, PageSize::Size4K, {true, true, false}, faults.format());
        if (HostEntry(given_back.host).frame() != HostEntry(parent.host).frame())
            wrong("no copy for the last one who has a frame", "another frame");
        expect_word(done[12], word + 2, "the child's page, after the parent has written");
        expect_resolution(done[13], Resolution::Mapped);
        expect_page(done[13], PageSize::Size4K, {true, true, false}, faults.format());
        expect_word(done[13], word + 1, "the copy of a piece of a large page");
        expect_resolution(done[16], Resolution::Spurious);
        if (done[4].level != level_of(PageSize::Size2M)) continue;
        // The parent's page is as large as before, and the child's other pieces are not copied.
        expect_page(done[14], PageSize::Size2M, {true, false, false}, faults.format());
        expect_page(done[15], PageSize::Size4K, {true, false, false}, faults.format());
    }
}

void traces(const Subject& subject) {
    Random random(subject.seed);
    Faults faults(subject);
    const VirtAddr page = kInside + random(500) * kPageBytes;
    std::vector<Step> steps{region(page, kPageBytes, 1, Shows::PrivateSource)};
    for (const VirtAddr at : {page + 17, page + 18, page + 3 * kPageBytes}) {
        for (const Access access : {Access::Read, Access::Write})
            steps.push_back(fault(at, access, random(2) ? Ring::RingV : Ring::Ring3));
    }
    std::map<u64, u64> before;  // by page: what the last fault there left
    for (const Step& step : faults.run(steps)) {
        if (step.deed != Deed::Fault) continue;
        const auto expect = [&](const char* member, u64 expected, u64 seen) {
            if (expected != seen)
                wrong(std::string("a record with ") + member + " " + hex(expected) + " for " + what(step), hex(seen));
        };
        if (step.records == 0) wrong("a record of " + what(step) + " in the trace ring", "none");
        expect("address", step.address, step.traced_address);
        expect("cause", step.ring, step.traced_cause);
        expect("access", step.access, step.traced_access);
        expect("resolution", step.resolution, step.traced_resolution);
        expect("host_after", step.host, step.host_after);
        expect("nested_after", step.nested, step.nested_after);
        expect("host_before", before[step.address / kPageBytes], step.host_before);
        before[step.address / kPageBytes] = step.host;
    }
}

}  // namespace

const Checks& nested_faults_checks() {
    static const Checks checks{
        .target = "twain.elf",
        .by_name = {{"answers", answers},
                    {"once", once},
                    {"fresh", fresh},
                    {"sources", sources},
                    {"copies", copies},
                    {"traces", traces},
                    {"first-door", runs({"programs_get_their_faults", "a_fork_keeps_what_it_had"})},
                    {"second-door", runs({"faults_are_resolved_by_the_kernel", "mmio_reaches_the_vmm",
                                          "a_guest_is_denied_what_its_monitor_is", "a_guest_writes_after_a_fork"})},
                    {"vmx", runs_on_both({"faults_are_resolved_by_the_kernel", "mmio_reaches_the_vmm",
                                          "a_guest_is_denied_what_its_monitor_is", "a_guest_writes_after_a_fork"})}}};
    return checks;
}

}  // namespace grading
