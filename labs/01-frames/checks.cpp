// SPDX-License-Identifier: MIT
/// @file
/// @brief Lab 1: random calls of the student's allocator, judged by a model and by its records in the machine's memory.
/// @chapter testing
#include <algorithm>

#include "labs/01-frames/bench.h"
#include "labs/grade/boots.h"
#include "labs/grade/steps.h"
#include "mm/buddy.h"

namespace grading {
namespace {

using lab::Deed;
using lab::Step;

struct Block {
    u64 frame;
    unsigned order;
    u64 end() const { return frame + (1ULL << order); }
    auto operator<=>(const Block&) const = default;
    std::string text() const { return "[" + std::to_string(frame) + ", " + std::to_string(end()) + ")"; }
};

std::string text_of(const Step& step) {
    switch (step.deed) {
    case Deed::Release: return "release(" + std::to_string(step.frame) + ", " + std::to_string(step.end) + ")";
    case Deed::Free: return "free(" + std::to_string(step.frame) + ", " + std::to_string(step.order) + ")";
    case Deed::Has: return "has(" + std::to_string(step.order) + ")";
    case Deed::Allocate: return "allocate(" + std::to_string(step.order) + ")";
    }
    return {};
}

Step release(u64 begin, u64 end) { return {.deed = Deed::Release, .frame = begin, .end = end}; }
Step give_back(const Block& block) { return {.deed = Deed::Free, .order = block.order, .frame = block.frame}; }
Step allocate(unsigned order) { return {.deed = Deed::Allocate, .order = order}; }
Step has(unsigned order) { return {.deed = Deed::Has, .order = order}; }

/// The student's allocator in the machine, before the kernel has used its own.
class Allocator {
   public:
    /// What the records behind the last frame hold: nothing, or free blocks that a careless allocator would merge with.
    enum class Beyond : u64 { Nothing, Traps };
    Allocator(const Subject& subject, u64 frames, Beyond beyond = Beyond::Nothing)
        : bench_({.kernel = subject.submission.tree() / "build/twain.elf"}), frames_(frames) {
        bench_.run_to(bench_.kernel().address_of("read_boot_info"), kToKernel);
        reset(beyond);
    }

    void reset(Beyond beyond = Beyond::Nothing) {
        bench_.call("lab_reset", {frames_, static_cast<u64>(beyond)}, kStepsBudget);
    }
    u64 used_instructions() const { return bench_.used_instructions(); }
    u64 frames() const { return frames_; }

    /// Does the steps in the machine and returns them with their results.
    std::vector<Step> run(std::vector<Step> steps) { return run_steps(bench_, std::move(steps)); }
    Step run(const Step& step) { return run(std::vector{step})[0]; }

    /// The blocks that the records call free, in order. @throws Failure where two overlap, are out of line, or out of memory
    std::vector<Block> free_blocks() {
        const machine::Bytes bytes = bench_.read("lab_records", frames_ * sizeof(FrameRecord));
        std::vector<Block> blocks;
        for (u64 frame = 0; frame < frames_; ++frame) {
            const u8* record = &bytes[frame * sizeof(FrameRecord)];
            if (!record[offsetof(FrameRecord, is_free)]) continue;
            const Block block{frame, record[offsetof(FrameRecord, order)]};
            if (block.order >= BuddyAllocator::kOrders)
                wrong("orders below " + std::to_string(BuddyAllocator::kOrders),
                      "order " + std::to_string(block.order) + " in the record of frame " + std::to_string(frame));
            if (frame % (1ULL << block.order) != 0)
                wrong("blocks at multiples of their size", "a free block " + block.text());
            if (block.end() > frames_) wrong("free blocks within memory", "a free block " + block.text());
            if (!blocks.empty() && blocks.back().end() > frame)
                wrong("free blocks apart from each other",
                      blocks.back().text() + " and " + block.text() + " are both free");
            blocks.push_back(block);
        }
        return blocks;
    }

   private:
    Bench bench_;
    u64 frames_;
};

/// Which frames are free. When every free block has merged with its buddies, the blocks follow from that alone.
class Model {
   public:
    explicit Model(u64 frames) : free_(frames, false) {}

    void set(u64 begin, u64 end, bool free) {
        for (u64 frame = begin; frame < end; ++frame) free_[frame] = free;
    }
    bool is_free(const Block& block) const {
        if (block.end() > free_.size()) return false;
        for (u64 frame = block.frame; frame < block.end(); ++frame) {
            if (!free_[frame]) return false;
        }
        return true;
    }
    u64 count() const { return static_cast<u64>(std::count(free_.begin(), free_.end(), true)); }

    std::vector<Block> blocks() const {
        std::vector<Block> blocks;
        for (u64 frame = 0; frame < free_.size();) {
            if (!free_[frame]) {
                ++frame;
                continue;
            }
            Block block{frame, 0};
            for (Block next{frame, 1};
                 next.order < BuddyAllocator::kOrders && frame % (1ULL << next.order) == 0 && is_free(next);
                 ++next.order) {
                block = next;
            }
            blocks.push_back(block);
            frame = block.end();
        }
        return blocks;
    }
    /// The smallest order of a free block that `order` can be cut from; kOrders: none.
    unsigned smallest_for(unsigned order) const {
        unsigned best = BuddyAllocator::kOrders;
        for (const Block& block : blocks()) {
            if (block.order >= order) best = std::min(best, block.order);
        }
        return best;
    }

   private:
    std::vector<bool> free_;
};

void expect_blocks(Allocator& allocator, const Model& model, const std::string& after) {
    const std::vector<Block> expected = model.blocks(), seen = allocator.free_blocks();
    for (usize i = 0; i < std::max(expected.size(), seen.size()); ++i) {
        if (i < expected.size() && i < seen.size() && expected[i] == seen[i]) continue;
        wrong(i < expected.size() ? "a free block " + expected[i].text() + after : "no more free blocks" + after,
              i < seen.size() ? "a free block " + seen[i].text() : "no more free blocks");
    }
}

/// The block that a step was given, which must be a good one, and is in use from now on.
Block take(Model& model, const Step& step, u64 frames) {
    const std::string call = text_of(step);
    if (step.result == lab::kNothing) wrong("a block from " + call, "nothing");
    const Block block{step.result, step.order};
    if (block.frame % (1ULL << block.order) != 0) wrong("a block at a multiple of its size from " + call, block.text());
    if (block.frame >= frames || block.end() > frames) wrong("a block within memory from " + call, block.text());
    if (!model.is_free(block)) wrong("a free block from " + call, block.text() + ", of which a part is in use");
    model.set(block.frame, block.end(), false);
    return block;
}

void releases(const Subject& subject) {
    Random random(subject.seed);
    Allocator allocator(subject, 4000);
    for (int round = 0; round < 12; ++round) {
        const u64 begin = round == 0 ? 0 : random(2000), end = round == 0 ? 4000 : begin + 1 + random(2000);
        Model model(allocator.frames());
        model.set(begin, end, true);
        allocator.reset();
        const Step step = allocator.run(release(begin, end));
        expect_blocks(allocator, model, " after " + text_of(step));
    }
}

void allocates(const Subject& subject) {
    Random random(subject.seed);
    Allocator allocator(subject, 20'000);
    Model model(allocator.frames());
    allocator.run(release(0, allocator.frames()));
    model.set(0, allocator.frames(), true);
    // Pairs are of order 1; they come most.
    std::vector<Step> steps;
    for (u64 i = 0; i < lab::kSteps; ++i) steps.push_back(allocate(random(2) ? 1 : random(6)));
    for (const Step& step : allocator.run(steps)) take(model, step, allocator.frames());
    for (const Block& block : allocator.free_blocks()) {
        if (!model.is_free(block)) wrong("no free block with frames that are in use", block.text() + " is free");
    }
}

void smallest_first(const Subject& subject) {
    Random random(subject.seed);
    Allocator allocator(subject, 1 << 11);
    Model model(allocator.frames());
    allocator.run(release(0, allocator.frames()));
    model.set(0, allocator.frames(), true);
    for (int round = 0; round < 30; ++round) {
        const unsigned order = random(5);
        const unsigned smallest = model.smallest_for(order);
        const std::vector<Block> before = model.blocks();
        const Block block = take(model, allocator.run(allocate(order)), allocator.frames());
        for (const Block& each : before) {
            if (block.frame < each.frame || block.end() > each.end() || each.order == smallest) continue;
            wrong("allocate(" + std::to_string(order) + ") cuts a block of order " + std::to_string(smallest),
                  "it cut " + each.text() + ", of order " + std::to_string(each.order));
        }
        expect_blocks(allocator, model, " after allocate(" + std::to_string(order) + ")");
    }
}

/// Takes everything in blocks of random orders; the last ones are of order 0.
std::vector<Block> take_all(Allocator& allocator, Model& model, Random& random) {
    std::vector<Block> blocks;
    while (model.count() != 0) {
        std::vector<Step> steps;
        u64 left = model.count();
        while (left != 0 && steps.size() < lab::kSteps) {
            const unsigned order = left > allocator.frames() / 2 ? random(4) : 0;
            steps.push_back(allocate(order));
            left -= 1ULL << order;
        }
        for (const Step& step : allocator.run(steps)) {
            // Whether a larger block is still whole depends on the policy, which is graded elsewhere.
            if (step.result == lab::kNothing && step.order != 0) continue;
            blocks.push_back(take(model, step, allocator.frames()));
        }
    }
    return blocks;
}

void merges(const Subject& subject) {
    Random random(subject.seed);
    Allocator allocator(subject, 1 << 11);
    Model model(allocator.frames());
    allocator.run(release(0, allocator.frames()));
    model.set(0, allocator.frames(), true);
    for (int round = 0; round < 3; ++round) {
        std::vector<Block> blocks = take_all(allocator, model, random);
        random.shuffle(blocks);
        for (usize i = 0; i < blocks.size();) {
            std::vector<Step> steps;
            for (; i < blocks.size() && steps.size() < 300; ++i) {
                steps.push_back(give_back(blocks[i]));
                model.set(blocks[i].frame, blocks[i].end(), true);
            }
            allocator.run(steps);
            expect_blocks(allocator, model,
                          " when " + std::to_string(i) + " of " + std::to_string(blocks.size()) + " blocks were freed");
        }
    }
}

void whole_buddies(const Subject& subject) {
    Random random(subject.seed);
    // Not a power of two: the last blocks have no buddies.
    Allocator allocator(subject, 1000, Allocator::Beyond::Traps);
    Model model(allocator.frames());
    allocator.run(release(0, allocator.frames()));
    model.set(0, allocator.frames(), true);
    std::vector<Block> blocks = take_all(allocator, model, random);
    random.shuffle(blocks);
    for (usize i = 0; i < blocks.size() / 2;) {
        std::vector<Step> steps;
        for (; i < blocks.size() / 2 && steps.size() < 16; ++i) {
            steps.push_back(give_back(blocks[i]));
            model.set(blocks[i].frame, blocks[i].end(), true);
        }
        allocator.run(steps);
        for (const Block& block : allocator.free_blocks()) {
            if (!model.is_free(block)) wrong("free blocks without frames in use", block.text() + " is free");
        }
    }
}

void counts(const Subject& subject) {
    Random random(subject.seed);
    Allocator allocator(subject, 4096);
    u64 free = allocator.run(release(0, allocator.frames())).free_frames;
    if (free != allocator.frames())
        wrong(std::to_string(allocator.frames()) + " free frames after release", std::to_string(free));
    std::vector<Block> blocks;
    for (int round = 0; round < 50; ++round) {
        const unsigned order = random(12);
        const bool give = !blocks.empty() && random(3) == 0;
        const std::vector<Step> done = give ? allocator.run(std::vector{give_back(blocks.back())})
                                            : allocator.run(std::vector{has(order), allocate(order)});
        const Step& last = done.back();
        if (give) {
            free += 1ULL << blocks.back().order;
            blocks.pop_back();
        } else {
            const bool got = last.result != lab::kNothing;
            if (got) {
                free -= 1ULL << order;
                blocks.push_back({last.result, order});
            }
            if ((done[0].result != 0) != got)
                wrong("has(" + std::to_string(order) + ") says what allocate does",
                      std::string(got ? "has said no, and there was a block" : "has said yes, and there was none"));
        }
        if (last.free_frames != free)
            wrong(std::to_string(free) + " free frames after " + text_of(last), std::to_string(last.free_frames));
    }
}

void runs_out(const Subject& subject) {
    Allocator allocator(subject, 64);
    Model model(allocator.frames());
    allocator.run(release(0, 40));
    model.set(0, 40, true);
    for (const unsigned order : {18u, 6u}) {
        const Step step = allocator.run(allocate(order));
        if (step.result != lab::kNothing)
            wrong("nothing from " + text_of(step), "frame " + std::to_string(step.result));
    }
    expect_blocks(allocator, model, " after calls that found nothing");
    std::vector<Step> steps(41, allocate(0));
    steps = allocator.run(steps);
    const Step& last = steps.back();
    if (last.result != lab::kNothing)
        wrong("nothing from the 41st of 40 frames", "frame " + std::to_string(last.result));
    if (last.free_frames != 0) wrong("no free frame", std::to_string(last.free_frames));
}

void quick(const Subject& subject) {
    constexpr u64 kCalls = 500, kMost = 4000;  // the reference needs a tenth
    constexpr int kTries = 5;
    Allocator allocator(subject, lab::kFrames);
    // High frames: whoever counts up to them from 0 needs long.
    allocator.run(release(allocator.frames() / 2, allocator.frames()));
    std::vector<Step> taken;
    const auto take = [&] { taken = allocator.run(std::vector<Step>(kCalls, allocate(0))); };
    const auto give = [&] {
        std::vector<Step> back;
        for (usize i = 0; i < kCalls; ++i) back.push_back(give_back({taken[(i * 7) % kCalls].result, 0}));
        allocator.run(back);
    };
    // On a busy computer QEMU's clock runs on for some milliseconds while it stops: the least of some tries is right.
    u64 least_take = ~0ULL, least_give = ~0ULL;
    for (int i = 0; i < kTries && std::max(least_take, least_give) > kMost; ++i) {
        take();
        least_take = std::min(least_take, allocator.used_instructions() / kCalls);
        give();
        least_give = std::min(least_give, allocator.used_instructions() / kCalls);
    }
    const auto expect_quick = [&](const char* call, u64 each) {
        if (each <= kMost) return;
        throw Failure(Verdict::TooSlow, "at most " + std::to_string(kMost) + " instructions for a call of " + call,
                      std::to_string(each) + " with " + std::to_string(allocator.frames()) + " frames of memory");
    };
    expect_quick("allocate", least_take);
    expect_quick("free", least_give);
}

}  // namespace

const Checks& frames_checks() {
    static const Checks checks{.target = "twain.elf",
                               .by_name = {{"releases", releases},
                                           {"allocates", allocates},
                                           {"smallest-first", smallest_first},
                                           {"merges", merges},
                                           {"whole-buddies", whole_buddies},
                                           {"counts", counts},
                                           {"runs-out", runs_out},
                                           {"quick", quick},
                                           {"boots", boots}}};
    return checks;
}

}  // namespace grading
