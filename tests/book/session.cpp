// SPDX-License-Identifier: MIT
/// @file
/// @brief Typing commands into machines, and reading what they print.
/// @chapter testing
#include "tests/book/session.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/rsp/file.h"

namespace proof {
namespace {

using Attributes = std::map<std::string, std::string>;
using weaver::Where;

std::string attribute(const Attributes& all, const std::string& key, const std::string& otherwise) {
    const auto found = all.find(key);
    return found == all.end() ? otherwise : found->second;
}

machine::Options options_for(Where where, const Attributes& attributes) {
    machine::TwainOptions options;
    options.cores = static_cast<unsigned>(std::stoul(attribute(attributes, "cpus", "1")));
    options.memory = attribute(attributes, "mem", "1G");
    if (attributes.contains("with-tests")) options.initramfs = "initramfs-test.cpio";
    if (attributes.contains("checked")) options.kernel = "debug/twain.elf";
    options.words = where == Where::Guest ? "mode=guest" : "mode=host";
    if (attributes.contains("vcpus")) options.words += " vcpus=" + attributes.at("vcpus");
    if (attributes.contains("bigpages")) options.words += " bigpages=" + attributes.at("bigpages");
    // The library takes the emulator from the environment, as the tests that run on both.
    const bool intel = attribute(attributes, "vendor", "amd") == "intel";
    ::setenv("TWAIN_EMULATOR", intel ? "bochs" : "qemu", 1);
    return machine::twain(options);
}

machine::Seconds patience() { return machine::Seconds(machine::on_bochs() ? 300 : 60); }

/// The lines of a terminal's output, without blank ones at its end.
weaver::Lines lines_of(const std::string& text) {
    weaver::Lines lines = weaver::split_lines(machine::plain_text(text));
    for (std::string& line : lines) line.erase(line.find_last_not_of(" \t") + 1);
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
}

}  // namespace

Session::Session(Where where, const Attributes& attributes)
    : machine_(options_for(where, attributes)), prompt_(weaver::prompt_of(where)) {}

std::string Session::from(std::size_t begin) { return machine_.console().transcript().substr(begin); }

weaver::Lines Session::run(const std::string& command) {
    machine::Console& console = machine_.console();
    if (over_) return {"(the machine has ended)"};
    std::size_t begin = 0;
    try {
        if (!ready_) console.expect(prompt_, patience());
        ready_ = true;
        begin = console.transcript().size();
        console.type(command + "\n");
        // The first line is the echo of the command.
        console.expect("\n", patience());
        return lines_of(console.expect(prompt_, patience()));
    } catch (const machine::Timeout&) {
        over_ = true;
        weaver::Lines lines = lines_of(from(begin));
        lines.push_back(kSilence);
        if (begin > 0) lines.erase(lines.begin());
        return lines;
    } catch (const machine::Error&) {
        // The machine has ended, and its terminal with it.
        over_ = true;
        weaver::Lines lines = lines_of(from(begin));
        if (begin > 0 && !lines.empty()) lines.erase(lines.begin());
        return lines;
    }
}

weaver::Lines run_in_checkout(const std::string& command) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw machine::error_from_errno("pipe");
    machine::File read_end(ends[0]), write_end(ends[1]), nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    // A make inside has nothing to do with a make outside.
    machine::Child child =
        machine::Child::start({"env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "sh", "-c", command},
                              {.input = nothing.get(), .output = write_end.get(), .errors = write_end.get()});
    write_end = machine::File();
    std::string output;
    char buffer[4096];
    for (ssize_t got; (got = ::read(read_end.get(), buffer, sizeof buffer)) > 0;) {
        output.append(buffer, static_cast<std::size_t>(got));
    }
    const auto status = child.wait(machine::Deadline(machine::Seconds(600)));
    weaver::Lines lines = lines_of(output);
    if (status != 0) lines.push_back("(exit status " + (status ? std::to_string(*status) : std::string("none")) + ")");
    return lines;
}

weaver::Lines Sessions::run(const weaver::Command& command, const Attributes& attributes) {
    if (command.where == Where::Checkout) return run_in_checkout(command.text);
    auto& session = sessions_[{command.where, attributes}];
    if (!session) session = std::make_unique<Session>(command.where, attributes);
    return session->run(command.text);
}

}  // namespace proof
