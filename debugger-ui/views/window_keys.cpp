// SPDX-License-Identifier: MIT
/// @file
/// @brief Keys that work wherever nothing is typed into.
/// @chapter observability
#include "debugger-ui/views/window_keys.h"

#include <algorithm>

namespace debugger {
namespace {

/// ImGui gives the keyboard to a field two frames after it was asked to.
constexpr int kFramesToField = 3;
constexpr float kSmallestText = 0.6F, kLargestText = 3, kTextStep = 1.1F;

/// The walk's step before or after the one looked at.
void step_walk(const Picture& picture, i64 by, Requests& requests) {
    if (picture.walk.steps.empty()) return;
    Selection there = picture.selection;
    there.step =
        std::clamp<i64>(static_cast<i64>(picture.step) + by, 0, static_cast<i64>(picture.walk.steps.size()) - 1);
    requests.push_back(Select{there});
}

/// Asks for what only makes sense while the machine is in one state.
class Control {
   public:
    Control(const Picture& picture, Requests& requests) : state_(picture.snapshot->state), requests_(requests) {}
    void standing(Request request) {
        if (state_ == MachineState::Stopped) requests_.push_back(std::move(request));
    }
    void running(Request request) {
        if (state_ == MachineState::Running) requests_.push_back(std::move(request));
    }

   private:
    MachineState state_;
    Requests& requests_;
};

bool take_character(char character, const Picture& picture, WindowState& state, Requests& requests) {
    static constexpr View kViewKeys[] = {View::Heat, View::Pair,      View::Code, View::Memory, View::Console,
                                         View::Walk, View::Registers, View::Vcpu, View::Stops,  View::Exits};
    Control control(picture, requests);
    switch (character) {
    case 'r': control.standing(Run{}); break;
    case 's': control.running(Interrupt{}); break;
    case 'i': control.standing(StepInstruction{}); break;
    case 'n': control.standing(RunToNestedFault{}); break;
    case 'e': control.standing(RunToExit{}); break;
    case 'g': control.standing(RunIntoGuest{}); break;
    case '[': step_walk(picture, -1, requests); break;
    case ']': step_walk(picture, 1, requests); break;
    case ',': step_time(picture, state.timeline, -1, requests); break;
    case '.': step_time(picture, state.timeline, 1, requests); break;
    case ' ': state.timeline.playing = !state.timeline.playing; break;
    case 'd': state.dark = !state.dark; break;
    case '?': state.bar.help = !state.bar.help; break;
    case 'a':
        state.bar.wants_address = true;
        state.text_awaited = kFramesToField;
        break;
    case 'b':
        state.layout.show(View::Stops);
        state.stops.wants_place = true;
        state.text_awaited = kFramesToField;
        break;
    case '/':
        state.layout.show(View::Code);
        state.code.wants_place = true;
        state.text_awaited = kFramesToField;
        break;
    default:
        if (character < '0' || character > '9') return false;
        state.layout.show(kViewKeys[character - '0']);
    }
    return true;
}

bool take_control(const Keystroke& stroke, WindowState& state) {
    const bool larger = stroke.character == '+' || stroke.character == '=', smaller = stroke.character == '-';
    if (larger) state.text_scale = std::min(kLargestText, state.text_scale * kTextStep);
    if (smaller) state.text_scale = std::max(kSmallestText, state.text_scale / kTextStep);
    if (stroke.character == '0') state.text_scale = 1;
    return larger || smaller || stroke.character == '0';
}

void toggle_breakpoint_here(const Snapshot& snapshot, Requests& requests) {
    if (!snapshot.source || snapshot.source_line <= 0) return;
    requests.push_back(ToggleBreakpoint{snapshot.source->file + ":" + std::to_string(snapshot.source_line)});
}

bool take_key(const Keystroke& stroke, const Picture& picture, WindowState& state, Requests& requests) {
    using Depth = StepLine::Depth;
    Control control(picture, requests);
    switch (stroke.key) {
    case Key::Character:
        return stroke.control ? take_control(stroke, state)
                              : take_character(stroke.character, picture, state, requests);
    case Key::F1: state.bar.help = !state.bar.help; break;
    case Key::Escape: state.bar.help = false; break;
    case Key::F5: control.standing(Run{}); break;
    case Key::F6: control.running(Interrupt{}); break;
    case Key::F9: toggle_breakpoint_here(*picture.snapshot, requests); break;
    case Key::F10: control.standing(StepLine{Depth::Over}); break;
    case Key::F11: control.standing(StepLine{stroke.shift ? Depth::Out : Depth::Into}); break;
    case Key::F12:
        state.layout.show(View::Console);
        state.console.has_keyboard = state.console.can_type;
        break;
    default: return false;
    }
    return true;
}

}  // namespace

Keystrokes take_window_keys(const Picture& picture, WindowState& state, const Keystrokes& keys, Requests& requests) {
    if (state.text_awaited > 0) --state.text_awaited;
    if (ImGui::GetIO().WantTextInput) state.text_awaited = 0;
    // A console that nobody sees has no keyboard either.
    if (!state.layout.is_in_front(View::Console)) state.console.has_keyboard = false;
    Keystrokes left;
    std::string typed;
    // Each key goes where the one before it has put the keyboard.
    for (const Keystroke& stroke : keys) {
        if (state.console.has_keyboard) {
            typed += typed_into_console(state.console, stroke);
        } else if (!ImGui::GetIO().WantTextInput && !take_key(stroke, picture, state, requests)) {
            left.push_back(stroke);
        }
    }
    if (!typed.empty()) requests.push_back(TypeKeys{typed});
    return left;
}

}  // namespace debugger
