// SPDX-License-Identifier: MIT
/// @file
/// @brief Types the book's transcripts into real machines: `transcripts [--update] [--chapter TAG]`.
/// @chapter testing
#include <cstdio>
#include <stdexcept>

#include "book/weaver/regions.h"
#include "tests/book/proof.h"
#include "tests/book/session.h"

namespace {

/// Whether all of the chapter's transcripts come out as they stand there, or do now.
bool prove_chapter(const weaver::Chapter& chapter, bool update) {
    std::vector<weaver::Transcript> transcripts;
    weaver::for_each_block(chapter.blocks, [&](const weaver::Block& block) {
        if (block.kind == weaver::Block::Kind::Fence && weaver::fence_kind(block) == "transcript") {
            transcripts.push_back(weaver::parse_transcript(block));
        }
    });
    proof::Sessions sessions;
    std::vector<proof::Outcome> outcomes;
    bool all_same = true;
    for (const weaver::Transcript& transcript : transcripts) {
        outcomes.push_back(proof::prove(
            transcript, [&](const weaver::Command& command) { return sessions.run(command, transcript.attributes); }));
        all_same = all_same && outcomes.back().same;
        proof::report(chapter.tag + ":" + std::to_string(transcript.line), outcomes.back());
    }
    if (all_same || !update) return all_same;
    weaver::Lines text = weaver::split_lines(weaver::read_file(chapter.path()));
    for (std::size_t at = transcripts.size(); at-- > 0;)
        text = proof::rewritten(std::move(text), transcripts[at], outcomes[at]);
    weaver::write_file(chapter.path(), weaver::join(text) + "\n");
    std::printf("%s is rewritten; look at what changed\n", chapter.path().c_str());
    return true;
}

int run(int count, char** words) {
    bool update = false;
    std::string only;
    for (int at = 1; at < count; ++at) {
        const std::string word = words[at];
        if (word == "--update") {
            update = true;
        } else if (word == "--chapter" && at + 1 < count) {
            only = words[++at];
        } else {
            throw std::runtime_error("usage: transcripts [--update] [--chapter TAG]");
        }
    }
    weaver::Problems ignored;
    const weaver::Book book = weaver::Book::read(ignored);
    if (!only.empty() && !book.find(only)) throw std::runtime_error("there is no chapter " + only);
    bool good = true;
    for (const weaver::Chapter& chapter : book.chapters) {
        if (only.empty() || chapter.tag == only) good = prove_chapter(chapter, update) && good;
    }
    return good ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(count, words);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "transcripts: %s\n", problem.what());
        return 2;
    }
}
