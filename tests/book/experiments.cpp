// SPDX-License-Identifier: MIT
/// @file
/// @brief Does the book's experiments again: changes a copy of the tree, builds, runs, compares. `experiments [--name NAME] [--update]`.
/// @chapter testing
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "book/weaver/regions.h"
#include "tests/book/experiment_tree.h"
#include "tests/book/proof.h"
#include "tests/book/session.h"

namespace {

struct Experiment {
    const weaver::Chapter* chapter;
    weaver::Transcript transcript;
};

std::vector<Experiment> experiments_of(const weaver::Book& book) {
    std::vector<Experiment> result;
    for (const weaver::Chapter& chapter : book.chapters) {
        weaver::for_each_block(chapter.blocks, [&](const weaver::Block& block) {
            if (block.kind == weaver::Block::Kind::Fence && weaver::fence_kind(block) == "experiment") {
                result.push_back({&chapter, weaver::parse_transcript(block)});
            }
        });
    }
    return result;
}

/// Does it in the experiments' tree, where we stand.
proof::Outcome carry_out(const weaver::Transcript& transcript, proof::ExperimentTree& tree) {
    proof::Outcome outcome;
    try {
        tree.change(transcript.changes);
        const std::string goals = proof::ExperimentTree::goals(transcript);
        const weaver::Lines said =
            goals.empty()
                ? weaver::Lines()
                : proof::run_in_checkout("make " + goals +
                                         " >build/experiment.log 2>&1 || { tail -n 20 build/experiment.log; exit 1; }");
        if (!said.empty()) throw std::runtime_error("the changed tree does not build:\n" + weaver::join(said) + "\n");
        proof::Sessions sessions;
        outcome = proof::prove(
            transcript, [&](const weaver::Command& command) { return sessions.run(command, transcript.attributes); });
    } catch (const std::exception& problem) {
        outcome.same = false;
        outcome.difference = problem.what() + std::string("\n");
    }
    return outcome;
}

int run(int count, char** words) {
    std::string only;
    bool update = false;
    for (int at = 1; at < count; ++at) {
        const std::string word = words[at];
        if (word == "--name" && at + 1 < count) {
            only = words[++at];
        } else if (word == "--update") {
            update = true;
        } else {
            throw std::runtime_error("usage: experiments [--name NAME] [--update]");
        }
    }
    weaver::Problems ignored;
    const weaver::Book book = weaver::Book::read(ignored);
    const std::filesystem::path home = std::filesystem::current_path();
    const std::filesystem::path folder = std::filesystem::path(machine::build_directory()) / "book" / "experiments";
    proof::ExperimentTree tree(folder);
    ::setenv("BUILD", "build", 1);
    bool good = true, found = false;
    for (const auto& [chapter, transcript] : experiments_of(book)) {
        if (!only.empty() && transcript.name != only) continue;
        found = true;
        std::filesystem::current_path(home / folder);
        const proof::Outcome outcome = carry_out(transcript, tree);
        std::filesystem::current_path(home);
        tree.restore();
        proof::report(transcript.name, outcome);
        good = good && outcome.same;
        if (!update || outcome.same || outcome.outputs.empty()) continue;
        // Only the last one of a chapter may be rewritten in a run: lines below it move.
        const weaver::Lines text = weaver::split_lines(weaver::read_file(chapter->path()));
        weaver::write_file(chapter->path(), weaver::join(proof::rewritten(text, transcript, outcome)) + "\n");
        std::printf("%s is rewritten; look at what changed\n", chapter->path().c_str());
        return 1;
    }
    if (!only.empty() && !found) throw std::runtime_error("the book has no experiment " + only);
    return good ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(count, words);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "experiments: %s\n", problem.what());
        return 2;
    }
}
