// SPDX-License-Identifier: MIT
/// @file
/// @brief The grader's command line.
/// @chapter testing
#include <cstdio>
#include <random>
#include <string>

#include "debugger-ui/rsp/error.h"
#include "labs/grade/formats.h"
#include "labs/grade/grade.h"
#include "labs/grade/sandbox.h"

namespace {

using machine::Error;

constexpr const char* kHelp = R"(usage: grade --lab N [options]: grades one submission of one lab

  --submission DIR   the student's tree (default: this one); only the lab's own files are taken from it
  --behaviour NAME   only this behaviour; may be given several times
  --json FILE        the grade for programs, written anew after every behaviour
  --gradescope FILE  the same as Gradescope's results.json; not written where something could not be graded
  --classroom FILE   the same as a step's result for GitHub Classroom's reporter
  --junit FILE       the same as JUnit's XML, for build servers
  --no-sandbox       compile and run it as the grader's own user, in sight of all files: for your own tree, and where
                     a container is around the grader
  --seed N           of everything random; the same seed gives the same run
  --help             this

Exits 0 when all points were earned, 1 when some were not, 2 when something could not be graded.
)";

struct Options {
    grading::Order order;
    std::string json, gradescope, classroom, junit;
    bool help = false;
};

unsigned number(const std::string& option, const std::string& text) {
    if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
        throw Error(option + " takes a number, not `" + text + "`");
    return static_cast<unsigned>(std::stoul(text));
}

Options parse(int count, char** arguments) {
    Options options;
    options.order.seed = std::random_device()() % 1'000'000;
    for (int i = 1; i < count; ++i) {
        const std::string option = arguments[i];
        if (option == "--help") {
            options.help = true;
            return options;
        }
        if (option == "--no-sandbox") {
            grading::Sandbox::use(grading::Sandbox::Kind::None);
            continue;
        }
        if (i + 1 == count) throw Error(option + " is no option, or lacks what it takes; see --help");
        const std::string value = arguments[++i];
        if (option == "--lab") {
            options.order.lab = number(option, value);
        } else if (option == "--submission") {
            options.order.submission = value;
        } else if (option == "--behaviour") {
            options.order.behaviours.push_back(value);
        } else if (option == "--json") {
            options.json = value;
        } else if (option == "--gradescope") {
            options.gradescope = value;
        } else if (option == "--classroom") {
            options.classroom = value;
        } else if (option == "--junit") {
            options.junit = value;
        } else if (option == "--seed") {
            options.order.seed = number(option, value);
        } else {
            throw Error("there is no option " + option + "; see --help");
        }
    }
    if (options.order.lab == 0) throw Error("--lab says which lab; see --help");
    return options;
}

/// The files that were asked for, with what is known so far.
void write(const Options& options, const grading::Report& report) {
    if (!options.json.empty()) grading::write_file(options.json, report.json());
    if (!options.junit.empty()) grading::write_file(options.junit, junit(report));
    if (!options.classroom.empty()) grading::write_file(options.classroom, classroom(report));
    if (options.gradescope.empty()) return;
    if (!report.has_harness_error()) return grading::write_file(options.gradescope, gradescope(report));
    std::filesystem::remove(options.gradescope);
}

int run(const Options& options) {
    const grading::Lab lab = grading::Lab::load(options.order.lab);
    std::printf("Lab %u. %s\n", lab.number, lab.title.c_str());
    std::fflush(stdout);
    const grading::Report report = grading::grade(options.order, [&](const grading::Report& so_far) {
        if (so_far.problem.empty()) std::fputs(describe_last(so_far).c_str(), stdout);
        std::fflush(stdout);
        write(options, so_far);
    });
    if (!report.problem.empty()) std::printf("  nothing ran: %s\n", report.problem.c_str());
    std::printf("  %3u of %3u  points (seed %u)%s\n", report.earned(), report.possible(), report.seed,
                report.has_harness_error() ? "; something could not be graded, so this is no grade" : "");
    return report.has_harness_error() ? 2 : report.earned() == report.possible() ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const Options options = parse(count, arguments);
        if (options.help) {
            std::fputs(kHelp, stdout);
            return 0;
        }
        return run(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "grade: %s\n", error.what());
        return 2;
    }
}
