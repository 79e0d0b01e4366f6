// SPDX-License-Identifier: MIT
/// @file
/// @brief Runs labguest and reads what it says; a proof is believed, and nothing else.
/// @chapter testing
#include "labs/grade/guests.h"

#include <random>
#include <regex>

#include "labs/grade/boots.h"
#include "tests/programs/labguest/proof.h"

namespace grading {
namespace {

/// A boot takes some 20 million instructions, and a case some ten.
constexpr u64 kBoot = 200'000'000, kCase = 100'000'000;

std::string command_of(const std::string& name, u64 nonce) {
    return "labguest " + name + " " + std::to_string(nonce) + "; echo $((" + std::to_string(nonce) + "+1))-end\n";
}
u64 first_nonce(unsigned seed) { return 1'000'000 + std::mt19937(seed)() % 1'000'000'000; }
std::string end_of(u64 nonce) { return std::to_string(nonce + 1) + "-end"; }

/// @throws Failure with what labguest said, where that is no proof
void expect_proof(const std::string& name, u64 nonce, const std::string& output) {
    std::string said;
    // The program's own lines, not the command's echo.
    static const std::regex line("(^|[\r\n])labguest: ([^\r\n]*)");
    for (std::sregex_iterator at(output.begin(), output.end(), line), end; at != end; ++at) said = (*at)[2];
    if (said == std::to_string(labguest::proof_of(name, nonce))) return;
    std::smatch parts;
    if (std::regex_match(said, parts, std::regex("(.*): got (.*), expected (.*)")))
        wrong(parts[1].str() + ": " + parts[3].str(), parts[2].str() + " (" + name + ")");
    wrong("that " + name, said.empty() ? "the program ended without a word" : said);
}

}  // namespace

GuestBench::GuestBench(const Subject& subject)
    : Bench({.kernel = subject.submission.tree() / "build/twain.elf"}), nonce_(first_nonce(subject.seed)) {
    run_to_text(machine::kTwainPrompt, kBoot);
}

void GuestBench::start(const std::string& name) {
    ++nonce_;
    from_ = console().transcript().size();
    type(command_of(name, nonce_));
}

void GuestBench::finish(const std::string& name) {
    // It may have come already.
    if (console().transcript().find(end_of(nonce_), from_) == std::string::npos) run_to_text(end_of(nonce_), kCase);
    expect_proof(name, nonce_, console().transcript().substr(from_));
}

void GuestBench::run(const std::string& name) {
    start(name);
    finish(name);
}

Check runs(std::initializer_list<std::string> cases) {
    return [cases = std::vector(cases)](const Subject& subject) {
        GuestBench bench(subject);
        for (const std::string& name : cases) bench.run(name);
    };
}

Check runs_on_vmx(std::initializer_list<std::string> cases) {
    return [cases = std::vector(cases)](const Subject& subject) {
        machine::Machine machine(
            {.bochs = machine::BochsTwain{.kernel = subject.submission.tree() / "build/twain.elf",
                                          .initramfs = machine::build_directory() + "/initramfs-lab.cpio",
                                          .words = "mode=host rows=24 cols=80",
                                          .megabytes = 256,
                                          .cores = 1},
             .arguments = {}});
        const auto wait_for = [&](const std::string& text) {
            const std::string seen = wait_in_bochs(machine, text + "|Twain panics[^\r\n]*");
            if (seen.starts_with("Twain panics")) throw Failure(Verdict::Crash, "the kernel goes on", seen);
        };
        wait_for(machine::kTwainPrompt);
        u64 nonce = first_nonce(subject.seed + 1);
        for (const std::string& name : cases) {
            const std::size_t from = machine.console().transcript().size();
            machine.console().type(command_of(name, ++nonce));
            wait_for(end_of(nonce));
            expect_proof(name, nonce, machine.console().transcript().substr(from));
        }
    };
}

Check runs_on_both(std::initializer_list<std::string> cases) {
    return [first = runs(cases), second = runs_on_vmx(cases)](const Subject& subject) {
        first(subject);
        second(subject);
    };
}

}  // namespace grading
