// SPDX-License-Identifier: MIT
/// @file
/// @brief The debugger's main program.
/// @chapter observability
#include <signal.h>

#include <fstream>
#include <iostream>

#include "debugger-ui/app/options.h"
#include "debugger-ui/app/script.h"
#include "debugger-ui/app/settings.h"
#include "debugger-ui/model/recording.h"
#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

/// Milliseconds to wait for input when nothing moves: the picture of a running machine changes by itself.
constexpr int kWaitRunning = 15, kWaitStill = 100;

std::unique_ptr<Debugger> open(const Options& options) {
    if (!options.recording.empty()) return std::make_unique<Debugger>(load_recording(options.recording));
    auto debugger = std::make_unique<Debugger>(std::make_unique<Session>(options.target, options.start));
    // The first snapshot tells whether there is a machine at all. A window can show that it takes long.
    const machine::Seconds patience =
        options.display == Display::Screen ? machine::Seconds(3) : machine::Seconds(60) + options.target.patience;
    try {
        debugger->wait(is_live, patience);
    } catch (const machine::Error&) {
        // A window says it itself, and lives on.
        if (options.display != Display::Screen) throw;
    }
    return debugger;
}

void run_script(const Options& options, Script& script) {
    if (options.script == "-") {
        script.run(std::cin);
    } else if (!options.script.empty()) {
        std::ifstream file(options.script);
        if (!file) throw machine::error_from_errno("cannot read " + options.script);
        script.run(file);
    }
}

/// Frames are painted when something changed, and a few more so that what a frame learned from the last one settles.
void run_window(Debugger& debugger, WindowState& state, Window& window, Console* console) {
    constexpr int kFramesAfterChange = 3;
    int frames_left = kFramesAfterChange;
    while (window.is_open()) {
        const bool moves = frames_left > 0 || state.timeline.playing;
        const bool runs = debugger.snapshot().state == MachineState::Running;
        const bool input = window.take_input(moves ? 0 : runs ? kWaitRunning : kWaitStill);
        const bool talks = console && console->update();
        if (debugger.update() || input || talks) frames_left = kFramesAfterChange;
        if (frames_left == 0 && !state.timeline.playing) continue;
        if (frames_left > 0) --frames_left;
        Requests requests;
        window.frame([&](float seconds) { draw_window(debugger.picture(), state, seconds, requests); });
        for (const Request& request : requests) {
            if (const auto* copied = std::get_if<CopyText>(&request)) window.copy(copied->text);
            if (const auto* typed = std::get_if<TypeKeys>(&request); typed && console) console->type(typed->keys);
            debugger.perform(request);
        }
    }
}

int run(const Options& options) {
    // A window that cannot be opened must not cost the machine a stop.
    WindowState state;
    WindowSize size = options.size;
    const bool for_a_person = options.display == Display::Screen;
    if (for_a_person) load_settings(settings_file(), state, size);
    if (options.sized) size = options.size;
    Window window("Twain", size, options.display);
    const auto debugger = open(options);
    state.dark = state.dark || options.dark;
    std::optional<Console> console;
    if (!options.console.empty()) {
        console.emplace(options.console);
        state.console = {&console->text(), console->can_type(), {}};
    }
    Script script({*debugger, state, window, console ? &*console : nullptr}, std::cout);
    run_script(options, script);
    if (!options.screenshot.empty()) {
        script.show();
        window.save_png(options.screenshot);
    }
    if (!for_a_person) return 0;
    run_window(*debugger, state, window, console ? &*console : nullptr);
    save_settings(settings_file(), state, window.size());
    return 0;
}

}  // namespace
}  // namespace debugger

int main(int count, char** arguments) {
    ::signal(SIGPIPE, SIG_IGN);
    try {
        const debugger::Options options = debugger::parse_options(count, arguments);
        if (options.help) return std::cout << debugger::kHelp, 0;
        return debugger::run(options);
    } catch (const std::exception& problem) {
        std::cerr << "debugger-ui: " << problem.what() << "\n";
        return 1;
    }
}
