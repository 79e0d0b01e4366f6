// SPDX-License-Identifier: MIT
/// @file
/// @brief Carrying out the commands of a script.
/// @chapter testing
#include "debugger-ui/app/script.h"

#include <algorithm>
#include <cctype>
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
        try {
            run_line(line);
        } catch (const machine::Error& problem) {
            throw machine::Error("line " + std::to_string(line_number) + ": " + problem.what());
        }
    }
}

void Script::run_line(const std::string& line) {
    stage_.note_landmarks();
    std::istringstream text(line.substr(0, line.find('#')));
    Words words;
    for (std::string word; text >> word;) words.push_back(word);
    if (!words.empty()) carry_out(words);
}

void Script::carry_out(const Words& words) {
    if (!look(words) && !arrange(words) && !control(words) && !seek(words) && !point(words)) {
        throw machine::Error("there is no command " + words[0]);
    }
    stage_.debugger().settle();
}

bool Script::look(const Words& words) {
    Selection selection = stage_.debugger().selection();
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
        for (const Process& process : stage_.debugger().snapshot().processes) {
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
    } else if (words[0] == "frame") {
        selection.frame = number(argument(words, 1));
        selection.code.clear();
    } else if (words[0] == "read") {
        selection.code = argument(words, 1);
    } else if (words[0] == "core") {
        selection.core = static_cast<unsigned>(number(argument(words, 1)));
    } else if (words[0] == "heat") {
        if (!parse_range(argument(words, 1).c_str(), selection.heat_begin, selection.heat_end))
            throw machine::Error(words[1] + " is no range");
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
    stage_.debugger().perform(Select{selection});
    return true;
}

bool Script::arrange(const Words& words) {
    WindowState& state = stage_.state();
    if (words[0] == "view") {
        const auto view = view_from(argument(words, 1));
        if (!view) throw machine::Error("there is no view " + words[1]);
        state.layout.show(*view);
    } else if (words[0] == "layout") {
        const NamedLayout* layout = layout_called(argument(words, 1));
        if (!layout) throw machine::Error("there is no layout " + words[1]);
        state.layout = layout->make();
    } else if (words[0] == "move") {
        const auto view = view_from(argument(words, 1));
        if (!view) throw machine::Error("there is no view " + words[1]);
        state.layout.move(*view, one_of<PanePlace>(argument(words, 2), {{"left", PanePlace::Left},
                                                                        {"right", PanePlace::Right},
                                                                        {"lower", PanePlace::LowerRight},
                                                                        {"below", PanePlace::Below}}));
    } else if (words[0] == "level") {
        const u64 level = number(argument(words, 1));
        if (level < 1 || level > kRootLevel) throw machine::Error("levels are 1 to 4");
        paint();
        state.pair.shown = static_cast<int>(kRootLevel - level);
    } else if (words[0] == "slot") {
        paint();
        state.pair.chosen = static_cast<int>(number(argument(words, 1)) % kEntriesPerTable);
    } else if (words[0] == "zoom") {
        state.pair.zoom = one_of<unsigned>(argument(words, 1), {{"1", 1}, {"2", 2}, {"4", 4}, {"8", 8}});
    } else if (words[0] == "code") {
        state.code.form = one_of<CodeForm>(
            argument(words, 1),
            {{"source", CodeForm::Source}, {"mixed", CodeForm::Mixed}, {"instructions", CodeForm::Instructions}});
    } else if (words[0] == "step") {
        choose_step(argument(words, 1));
    } else if (words[0] == "dark" || words[0] == "light") {
        state.dark = words[0] == "dark";
    } else if (words[0] == "text") {
        state.text_scale = std::clamp(static_cast<float>(number(argument(words, 1))) / 100, 0.5F, 3.0F);
    } else {
        return false;
    }
    return true;
}

void Script::choose_step(const std::string& which) {
    Selection selection = stage_.debugger().selection();
    const auto here = static_cast<i64>(stage_.debugger().picture().step);
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
    stage_.debugger().perform(Select{selection});
}

bool Script::control(const Words& words) {
    const auto seconds = [&](usize at) {
        return machine::Seconds(words.size() > at ? static_cast<double>(number(words[at])) : 60.0);
    };
    if (words[0] == "run") {
        stage_.debugger().perform(Run{});
    } else if (words[0] == "stop") {
        stage_.debugger().perform(Interrupt{});
    } else if (words[0] == "detach") {
        stage_.debugger().leave();
    } else if (words[0] == "attach") {
        stage_.debugger().come_back();
    } else if (words[0] == "stepi") {
        stage_.debugger().perform(StepInstruction{});
    } else if (words[0] == "wait-stop") {
        stage_.debugger().settle();
        stage_.debugger().wait([](const Snapshot& snapshot) { return snapshot.state == MachineState::Stopped; },
                               seconds(1));
    } else if (words[0] == "wait-faults") {
        const u64 faults = number(argument(words, 1));
        stage_.debugger().wait([faults](const Snapshot& snapshot) { return snapshot.log.last_sequence() >= faults; },
                               seconds(2));
    } else if (words[0] == "save") {
        stage_.debugger().perform(Save{argument(words, 1)});
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
        stage_.debugger().perform(Run{});
        stage_.debugger().wait(is(MachineState::Running), kLong);
        const u64 seen = stage_.debugger().snapshot().log.last_sequence();
        try {
            // So that there is something new to be shown, where the guest still faults.
            stage_.debugger().wait([&](const Snapshot& now) { return now.log.last_sequence() > seen; },
                                   machine::Seconds(0.05));
        } catch (const machine::Timeout&) {
            // It idles.
        }
        const auto begin = machine::Clock::now();
        const std::clock_t before = std::clock();
        stage_.debugger().perform(Interrupt{});
        stage_.debugger().wait(is(MachineState::Stopped), kLong);
        paint();
        worked += std::clock() - before;
        milliseconds.push_back(std::chrono::duration<double, std::milli>(machine::Clock::now() - begin).count());
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    char text[192];
    std::snprintf(
        text, sizeof(text),
        "stop to picture, %zu times: least %.1f ms, median %.1f ms, nine in ten %.1f ms, most %.1f ms; of our work "
        "%.1f ms each\n",
        milliseconds.size(), milliseconds.front(), milliseconds[milliseconds.size() / 2],
        milliseconds[milliseconds.size() * 9 / 10], milliseconds.back(),
        1000.0 * static_cast<double>(worked) / CLOCKS_PER_SEC / static_cast<double>(rounds));
    output_ << text;
}

bool Script::seek(const Words& words) {
    if (words[0] == "next-fault") {
        RunToNestedFault request;
        if (words.size() > 1 && !parse_range(words[1].c_str(), request.begin, request.end))
            throw machine::Error(words[1] + " is no range");
        stage_.debugger().perform(request);
    } else if (words[0] == "next-exit") {
        stage_.debugger().perform(RunToExit{words.size() > 1 ? words[1] : ""});
    } else if (words[0] == "next-change") {
        const u64 level = words.size() > 2 ? number(words[2]) : 1;
        if (level < 1 || level > kRootLevel) throw machine::Error("levels are 1 to 4");
        stage_.debugger().perform(RunToEntryChange{number(argument(words, 1)), static_cast<unsigned>(level)});
    } else if (words[0] == "into-guest") {
        stage_.debugger().perform(RunIntoGuest{});
    } else if (words[0] == "break") {
        ToggleBreakpoint request{argument(words, 1)};
        if (words.size() > 2 && words[2] != "if") throw machine::Error("break PLACE if EXPRESSION");
        for (usize at = 3; at < words.size(); ++at) request.condition += (at > 3 ? " " : "") + words[at];
        stage_.debugger().perform(request);
    } else if (words[0] == "switch") {
        stage_.debugger().perform(SwitchBreakpoint{argument(words, 1)});
    } else if (words[0] == "line") {
        using Depth = StepLine::Depth;
        stage_.debugger().perform(StepLine{
            one_of<Depth>(argument(words, 1), {{"into", Depth::Into}, {"over", Depth::Over}, {"out", Depth::Out}})});
    } else if (words[0] == "watch") {
        stage_.debugger().perform(ToggleWatchpoint{argument(words, 1), words.size() > 2 ? number(words[2]) : 8});
    } else if (words[0] == "pace") {
        stage_.debugger().perform(SetPace{static_cast<u32>(number(argument(words, 1)))});
    } else {
        return false;
    }
    return true;
}

ImVec2 Script::place_of(const Words& words) {
    const bool by_numbers = words.size() == 3 && std::isdigit(static_cast<unsigned char>(words[1][0]));
    if (by_numbers) return {static_cast<float>(number(words[1])), static_cast<float>(number(words[2]))};
    std::string name = argument(words, 1);
    for (usize at = 2; at < words.size(); ++at) name += " " + words[at];
    show();
    const Landmarks::Place* place = stage_.landmarks().find(name);
    if (!place) throw machine::Error("nothing in the window is called " + name + "; print places lists what is");
    return place->middle();
}

/// The pointer goes there, presses, and lets go, each in a frame of its own.
bool Script::point(const Words& words) {
    const std::string& what = words[0];
    if (what == "mouse" || what == "click" || what == "right-click" || what == "double-click") {
        const ImVec2 at = place_of(words);
        const int button = what == "right-click";
        const int presses = what == "mouse" ? 0 : what == "double-click" ? 2 : 1;
        stage_.window().set_pointer({at.x, at.y});
        paint();
        for (int press = 0; press < presses; ++press) {
            stage_.window().set_pointer({at.x, at.y, button});
            paint();
            stage_.window().set_pointer({at.x, at.y});
            paint();
        }
        if (presses > 0) stage_.window().set_pointer({});
        paint();
    } else if (what == "wheel") {
        const ImVec2 at = place_of({words.begin() + 1, words.end()});
        stage_.window().set_pointer({at.x, at.y, {}, argument(words, 1) == "up" ? 1.0F : -1.0F});
        paint();
        paint();
    } else {
        return type(words);
    }
    return true;
}

bool Script::type(const Words& words) {
    std::string rest;
    for (usize at = 1; at < words.size(); ++at) rest += (at > 1 ? " " : "") + words[at];
    if (words[0] == "keys") {
        for (const char character : rest) stage_.window().press({Key::Character, character});
        paint();
    } else if (words[0] == "key") {
        const auto stroke = keystroke_from(argument(words, 1));
        if (!stroke) throw machine::Error("no key is called " + words[1]);
        stage_.window().press(*stroke);
        paint();
        paint();
    } else if (words[0] == "console") {
        if (!stage_.console() || !stage_.console()->can_type())
            throw machine::Error("there is no console to type into");
        stage_.console()->type(rest + "\r");
    } else if (words[0] == "frames") {
        for (u64 count = number(argument(words, 1)); count > 0; --count) paint();
    } else if (words[0] == "screenshot") {
        show();
        stage_.window().save_png(argument(words, 1));
    } else {
        return false;
    }
    return true;
}

void Script::paint() {
    if (stage_.console()) stage_.console()->update();
    if (stage_.paint()) stage_.debugger().settle();
}

void Script::show() {
    stage_.debugger().settle();
    for (int count = 0; count < kFramesToSettle; ++count) paint();
}

}  // namespace debugger
