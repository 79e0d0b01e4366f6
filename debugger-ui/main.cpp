// SPDX-License-Identifier: MIT
/// @file
/// @brief The debugger's main program.
/// @chapter observability
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>

#include "debugger-ui/app/command_feed.h"
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
    // With a window, commands may come while a person works.
    if (options.script == "-" && options.display == Display::None) {
        script.run(std::cin);
    } else if (!options.script.empty() && options.script != "-") {
        std::ifstream file(options.script);
        if (!file) throw machine::error_from_errno("cannot read " + options.script);
        script.run(file);
    }
}

/// Carries out what has come; a mistake is told, and the window lives. True: there was something.
bool take_commands(CommandFeed& feed, Script& script) {
    bool any = false;
    while (const auto line = feed.next()) {
        any = true;
        try {
            script.run_line(*line);
        } catch (const machine::Error& problem) { std::cout << "error: " << problem.what() << std::endl; }
    }
    return any;
}

/// Frames are painted when something changed, and a few more so that what a frame learned from the last one settles.
void run_window(Stage& stage, Script& script, std::optional<CommandFeed> feed) {
    constexpr int kFramesAfterChange = 3;
    int frames_left = kFramesAfterChange;
    const auto paint_at_least = [&](int frames) { frames_left = std::max(frames_left, frames); };
    while (stage.window().is_open()) {
        const bool moves = frames_left > 0 || stage.state().timeline.playing;
        const bool runs = stage.debugger().snapshot().state == MachineState::Running;
        const int wait = moves ? 0 : runs || feed ? kWaitRunning : kWaitStill;
        const bool opens = stage.state().text_awaited > 0;
        const bool input = opens || stage.window().take_input(wait);
        if (feed && take_commands(*feed, script)) paint_at_least(kFramesAfterChange);
        if (feed && !feed->is_open()) feed.reset();
        // The pictures of a machine that runs follow each other anyway.
        if (stage.update()) paint_at_least(runs ? 1 : kFramesAfterChange);
        if (input) paint_at_least(kFramesAfterChange);
        if (frames_left == 0 && !stage.state().timeline.playing) continue;
        if (frames_left > 0) --frames_left;
        stage.paint();
    }
}

void arrange(const Options& options, WindowState& state) {
    state.dark = state.dark || options.dark;
    if (options.text_scale != 0) state.text_scale = options.text_scale;
    if (options.layout.empty()) return;
    state.layout = layout_called(options.layout)->make();
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
    arrange(options, state);
    std::optional<Console> console;
    if (!options.console.empty()) {
        console.emplace(options.console, options.keys);
        state.console = {&console->text(), console->can_type(), false};
    }
    Stage stage({*debugger, state, window, console ? &*console : nullptr, options.book});
    Script script(stage, std::cout);
    run_script(options, script);
    if (!options.screenshot.empty()) {
        script.show();
        window.save_png(options.screenshot);
    }
    if (!for_a_person) return 0;
    std::optional<CommandFeed> feed;
    if (options.script == "-") feed.emplace(STDIN_FILENO);
    run_window(stage, script, feed);
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
