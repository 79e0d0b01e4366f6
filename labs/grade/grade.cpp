// SPDX-License-Identifier: MIT
/// @file
/// @brief From a submission to a report.
/// @chapter testing
#include "labs/grade/grade.h"

#include <optional>

#include "debugger-ui/rsp/error.h"
#include "labs/grade/behaviours.h"
#include "labs/grade/sandbox.h"

namespace grading {
namespace {

std::vector<Behaviour> chosen(const Lab& lab, const std::vector<std::string>& names) {
    if (names.empty()) return lab.behaviours;
    std::vector<Behaviour> behaviours;
    for (const std::string& name : names) behaviours.push_back(lab.behaviour(name));
    return behaviours;
}

Result check(const Behaviour& behaviour, const Check& holds, const Subject& subject) {
    const auto begin = machine::Clock::now();
    Result result{.behaviour = behaviour, .verdict = Verdict::Passed, .expected = {}, .seen = {}};
    try {
        holds(subject);
    } catch (const Failure& failure) {
        result.verdict = failure.verdict;
        result.expected = failure.expected;
        result.seen = failure.seen;
    } catch (const std::exception& error) {
        result.verdict = Verdict::HarnessError;
        result.seen = error.what();
    }
    result.seconds = machine::Seconds(machine::Clock::now() - begin).count();
    return result;
}

}  // namespace

Report grade(const Order& order, const std::function<void(const Report&)>& so_far) {
    const Lab lab = Lab::load(order.lab);
    const std::vector<Behaviour> behaviours = chosen(lab, order.behaviours);
    const Checks& checks = checks_of(order.lab);
    Report report{.lab = order.lab,
                  .title = lab.title,
                  .submission = order.submission,
                  .seed = order.seed,
                  .problem = {},
                  .results = {}};
    std::optional<Submission> submission;
    Verdict verdict = Verdict::DoesNotBuild;
    try {
        Sandbox::of_this_run().expect_works();
        submission.emplace(lab, order.submission);
        report.problem = submission->build(checks.target);
        // The headers are ours, so what we add to the kernel compiles whatever a student wrote.
        if (report.problem.find("kernel/lab/") != std::string::npos) verdict = Verdict::HarnessError;
    } catch (const Unusable& error) { report.problem = error.what(); } catch (const machine::Error& error) {
        verdict = Verdict::HarnessError;
        report.problem = error.what();
    }
    for (const Behaviour& behaviour : behaviours) {
        if (report.problem.empty()) {
            report.results.push_back(check(behaviour, checks.by_name.at(behaviour.name), {*submission, order.seed}));
        } else {
            report.results.push_back(
                {.behaviour = behaviour, .verdict = verdict, .expected = {}, .seen = report.problem});
        }
        report.complete = report.results.size() == behaviours.size();
        so_far(report);
    }
    return report;
}

}  // namespace grading
