// SPDX-License-Identifier: MIT
/// @file
/// @brief Carrying out the commands of a script.
/// @chapter testing
#include "debugger-ui/app/script.h"

#include <algorithm>
#include <ctime>
#include <sstream>

#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

/// Enough for sizes that a frame learns from the one before.
constexpr int kFramesToSettle = 3;

template <class T>
T one_of(const std::string& text, std::initializer_list<std::pair<const char*, T>> choices) {
    std::string all;
    for (const auto& [name, value] : choices) {
        if (text == name) return value;
        all += all.empty() ? name : std::string(", ") + name;
    }
    throw machine::Error(text + " is none of " + all);
}

const std::string& argument(const std::vector<std::string>& words, usize at) {
    if (at >= words.size()) throw machine::Error(words[0] + " wants more than that");
    return words[at];
}

}  // namespace

u64 Script::number(const std::string& text) {
    usize used = 0;
    u64 value = 0;
    try {
        value = std::stoull(text, &used, 0);
    } catch (const std::exception&) { used = 0; }
    if (used == 0 || used != text.size()) throw machine::Error(text + " is no number");
    return value;
}

void Script::run(std::istream& commands) {
    int line_number = 0;
    for (std::string line; std::getline(commands, line);) {
        ++line_number;
        std::istringstream text(line.substr(0, line.find('#')));
        Words words;
        for (std::string word; text >> word;) words.push_back(word);
        if (words.empty()) continue;
        try {
            carry_out(words);
        } catch (const machine::Error& problem) {
            throw machine::Error("line " + std::to_string(line_number) + ": " + problem.what());
        }
    }
}

void Script::carry_out(const Words& words) {
    if (!look(words) && !arrange(words) && !control(words) && !seek(words) && !point(words)) {
        throw machine::Error("there is no command " + words[0]);
    }
    debugger_.settle();
}

bool Script::look(const Words& words) {
    Selection selection = debugger_.selection();
    if (words[0] == "select") {
        selection.kind = one_of<AddressKind>(
            argument(words, 1),
            {{"ring3", AddressKind::Ring3}, {"gpa", AddressKind::GuestPhys}, {"gva", AddressKind::GuestVirt}});
        selection.address = number(argument(words, 2));
        selection.step = -1;
        if (words.size() > 3)
            selection.access = one_of<Access>(
                words[3], {{"read", Access::Read}, {"write", Access::Write}, {"execute", Access::Execute}});
    } else if (words[0] == "process") {
        const u64 pid = number(argument(words, 1));
        selection.root = 0;
        for (const Process& process : debugger_.snapshot().processes) {
            if (process.pid == pid) selection.root = process.root.raw;
        }
        if (selection.root == 0) throw machine::Error("there is no process " + words[1]);
    } else if (words[0] == "memory") {
        selection.memory.space = one_of<MemorySpace>(argument(words, 1), {{"host", MemorySpace::HostVirtual},
                                                                          {"physical", MemorySpace::HostPhysical},
                                                                          {"gpa", MemorySpace::GuestPhysical},
                                                                          {"gva", MemorySpace::GuestVirtual}});
        selection.memory.address = number(argument(words, 2));
        selection.memory.bytes = words.size() > 3 ? std::min<u64>(number(words[3]), 65536) : 64;
    } else if (words[0] == "vcpu") {
        selection.vcpu = number(argument(words, 1));
    } else if (words[0] == "moment") {
        selection.moment = argument(words, 1) == "now" ? -1 : static_cast<i64>(number(words[1]));
    } else if (words[0] == "range") {
        if (!parse_range(argument(words, 1).c_str(), selection.filter.begin, selection.filter.end))
            throw machine::Error(words[1] + " is no range");
    } else if (words[0] == "cause") {
        const int cause = one_of<int>(argument(words, 1), {{"all", 3}, {"ring3", 1}, {"ringv", 2}});
        selection.filter.ring3 = selection.filter.kernel = cause & 1;
        selection.filter.ring_v = cause & 2;
    } else {
        return false;
    }
    debugger_.perform(Select{selection});
    return true;
}

bool Script::arrange(const Words& words) {
    if (words[0] == "view") {
        const int page = one_of<int>(argument(words, 1), {{"pair", 0},
                                                          {"code", 1},
                                                          {"memory", 2},
                                                          {"console", 3},
                                                          {"walk", 10},
                                                          {"registers", 11},
                                                          {"vcpu", 12},
                                                          {"log", 13},
                                                          {"line", 14}});
        if (page < 10) {
            state_.left = static_cast<LeftPage>(page);
        } else {
            state_.right = static_cast<RightPage>(page - 10);
        }
    } else if (words[0] == "level") {
        const u64 level = number(argument(words, 1));
        if (level < 1 || level > kRootLevel) throw machine::Error("levels are 1 to 4");
        paint();
        state_.pair.shown = static_cast<int>(kRootLevel - level);
    } else if (words[0] == "slot") {
        paint();
        state_.pair.chosen = static_cast<int>(number(argument(words, 1)) % kEntriesPerTable);
    } else if (words[0] == "step") {
        choose_step(argument(words, 1));
    } else if (words[0] == "dark" || words[0] == "light") {
        state_.dark = words[0] == "dark";
    } else {
        return false;
    }
    return true;
}

void Script::choose_step(const std::string& which) {
    Selection selection = debugger_.selection();
    const auto here = static_cast<i64>(debugger_.picture().step);
    if (which == "first") {
        selection.step = 0;
    } else if (which == "last") {
        selection.step = -1;
    } else if (which == "next") {
        selection.step = here + 1;
    } else if (which == "back") {
        selection.step = std::max<i64>(here - 1, 0);
    } else {
        selection.step = static_cast<i64>(number(which)) - 1;
    }
    debugger_.perform(Select{selection});
}

bool Script::control(const Words& words) {
    const auto seconds = [&](usize at) {
        return machine::Seconds(words.size() > at ? static_cast<double>(number(words[at])) : 60.0);
    };
    if (words[0] == "run") {
        debugger_.perform(Run{});
    } else if (words[0] == "stop") {
        debugger_.perform(Interrupt{});
    } else if (words[0] == "detach") {
        debugger_.leave();
    } else if (words[0] == "attach") {
        debugger_.come_back();
    } else if (words[0] == "stepi") {
        debugger_.perform(StepInstruction{});
    } else if (words[0] == "wait-stop") {
        debugger_.settle();
        debugger_.wait([](const Snapshot& snapshot) { return snapshot.state == MachineState::Stopped; }, seconds(1));
    } else if (words[0] == "wait-faults") {
        const u64 faults = number(argument(words, 1));
        debugger_.wait([faults](const Snapshot& snapshot) { return snapshot.log.last_sequence() >= faults; },
                       seconds(2));
    } else if (words[0] == "save") {
        debugger_.perform(Save{argument(words, 1)});
    } else if (words[0] == "print") {
        print(words);
    } else if (words[0] == "latency") {
        measure_latency(std::clamp<u64>(number(argument(words, 1)), 1, 10'000));
    } else {
        return false;
    }
    return true;
}

/// From asking a running machine to stop until the frame that shows it standing has been painted.
void Script::measure_latency(u64 rounds) {
    const auto is = [](MachineState state) {
        return [state](const Snapshot& snapshot) { return snapshot.state == state; };
    };
    constexpr machine::Seconds kLong(60);
    std::vector<double> milliseconds;
    std::clock_t worked = 0;
    for (u64 round = 0; round < rounds; ++round) {
        debugger_.perform(Run{});
        debugger_.wait(is(MachineState::Running), kLong);
        const u64 seen = debugger_.snapshot().log.last_sequence();
        try {
            // So that there is something new to be shown, where the guest still faults.
            debugger_.wait([&](const Snapshot& now) { return now.log.last_sequence() > seen; }, machine::Seconds(0.05));
        } catch (const machine::Timeout&) {
            // It idles.
        }
        const auto begin = machine::Clock::now();
        const std::clock_t before = std::clock();
        debugger_.perform(Interrupt{});
        debugger_.wait(is(MachineState::Stopped), kLong);
        paint();
        worked += std::clock() - before;
        milliseconds.push_back(std::chrono::duration<double, std::milli>(machine::Clock::now() - begin).count());
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    char text[160];
    std::snprintf(
        text, sizeof(text),
        "stop to picture, %zu times: median %.1f ms, nine in ten %.1f ms, most %.1f ms; of our work %.1f ms each\n",
        milliseconds.size(), milliseconds[milliseconds.size() / 2], milliseconds[milliseconds.size() * 9 / 10],
        milliseconds.back(), 1000.0 * static_cast<double>(worked) / CLOCKS_PER_SEC / static_cast<double>(rounds));
    output_ << text;
}

bool Script::seek(const Words& words) {
    if (words[0] == "next-fault") {
        RunToNestedFault request;
        if (words.size() > 1 && !parse_range(words[1].c_str(), request.begin, request.end))
            throw machine::Error(words[1] + " is no range");
        debugger_.perform(request);
    } else if (words[0] == "next-exit") {
        debugger_.perform(RunToExit{words.size() > 1 ? words[1] : ""});
    } else if (words[0] == "next-change") {
        const u64 level = words.size() > 2 ? number(words[2]) : 1;
        if (level < 1 || level > kRootLevel) throw machine::Error("levels are 1 to 4");
        debugger_.perform(RunToEntryChange{number(argument(words, 1)), static_cast<unsigned>(level)});
    } else if (words[0] == "into-guest") {
        debugger_.perform(RunIntoGuest{});
    } else if (words[0] == "break") {
        ToggleBreakpoint request{argument(words, 1)};
        if (words.size() > 2 && words[2] != "if") throw machine::Error("break PLACE if EXPRESSION");
        for (usize at = 3; at < words.size(); ++at) request.condition += (at > 3 ? " " : "") + words[at];
        debugger_.perform(request);
    } else if (words[0] == "watch") {
        debugger_.perform(ToggleWatchpoint{argument(words, 1), words.size() > 2 ? number(words[2]) : 8});
    } else if (words[0] == "pace") {
        debugger_.perform(SetPace{static_cast<u32>(number(argument(words, 1)))});
    } else {
        return false;
    }
    return true;
}

bool Script::point(const Words& words) {
    if (words[0] == "mouse" || words[0] == "click") {
        const auto x = static_cast<float>(number(argument(words, 1))),
                   y = static_cast<float>(number(argument(words, 2)));
        for (const bool pressed : {false, words[0] == "click", false}) {
            window_.set_pointer({x, y, pressed});
            paint();
        }
        if (words[0] == "click") window_.set_pointer({});
    } else if (words[0] == "keys") {
        window_.type(argument(words, 1));
        paint();
    } else if (words[0] == "key") {
        window_.press(argument(words, 1));
        paint();
        paint();
    } else if (words[0] == "console") {
        std::string line;
        for (usize at = 1; at < words.size(); ++at) line += (at > 1 ? " " : "") + words[at];
        if (!console_ || !console_->can_type()) throw machine::Error("there is no console to type into");
        console_->type(line + "\r");
    } else if (words[0] == "frames") {
        for (u64 count = number(argument(words, 1)); count > 0; --count) paint();
    } else if (words[0] == "screenshot") {
        show();
        window_.save_png(argument(words, 1));
    } else {
        return false;
    }
    return true;
}

void Script::paint() {
    if (console_) console_->update();
    Requests requests;
    window_.frame([&](float seconds) { draw_window(debugger_.picture(), state_, seconds, requests); });
    for (const Request& request : requests) debugger_.perform(request);
    if (!requests.empty()) debugger_.settle();
}

void Script::show() {
    debugger_.settle();
    for (int count = 0; count < kFramesToSettle; ++count) paint();
}

}  // namespace debugger
