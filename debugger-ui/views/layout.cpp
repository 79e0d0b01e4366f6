// SPDX-License-Identifier: MIT
/// @file
/// @brief Arranging views, and the arrangements that come with the debugger.
/// @chapter observability
#include "debugger-ui/views/layout.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace debugger {
namespace {

struct ViewNames {
    const char* name;
    const char* title;
};
constexpr ViewNames kNames[kViews] = {
    {"pair", "Pair"},       {"code", "Code"},   {"memory", "Memory"},
    {"console", "Console"}, {"walk", "Walk"},   {"registers", "Registers"},
    {"vcpu", "vCPU"},       {"stack", "Stack"}, {"stops", "Stops"},
    {"machine", "Machine"}, {"exits", "Exits"}, {"heat", "Heat map"},
    {"line", "Time line"},  {"log", "Log"},     {"protocol", "Protocol"},
};
constexpr const char* kPaneNames[kPanes] = {"left", "right", "lower", "below"};

// Left, right, lower right, below.
constexpr NamedLayout kLayouts[] = {
    {"pair",
     "the pair and the walk",
     {"*pair code memory console", "*walk registers vcpu stack stops machine", "", "*line heat exits log protocol"}},
    {"code",
     "a program that is debugged",
     {"*code pair memory console", "*registers walk vcpu machine", "*stops stack", "*line heat exits log protocol"}},
    {"lab1",
     "frames",
     {"*code memory pair console", "*registers machine walk vcpu", "*stack stops", "*log line heat exits protocol"}},
    {"lab2",
     "the pair",
     {"*pair code memory console", "*walk registers vcpu machine", "*stops stack", "*line heat exits log protocol"}},
    {"lab3",
     "processes",
     {"*pair code memory console", "*machine walk registers vcpu", "*stack stops", "*line heat exits log protocol"}},
    {"lab4",
     "system calls and a loader",
     {"*code memory pair console", "*registers machine walk vcpu", "*stops stack", "*log line heat exits protocol"}},
    {"lab5",
     "ring V",
     {"*code pair memory console", "*vcpu registers walk machine", "*stops stack exits", "*line heat log protocol"}},
    {"lab6",
     "nested faults",
     {"*pair code memory console", "*walk vcpu registers machine", "*stops stack", "*line heat exits log protocol"}},
    {"lab7",
     "exits and interrupts",
     {"*code pair memory console", "*vcpu registers walk machine", "*exits stops stack", "*line heat log protocol"}},
    {"lab8",
     "the VMM",
     {"*console code memory pair", "*exits vcpu registers walk machine", "*stops stack", "*line heat log protocol"}},
    {"lab9",
     "large pages",
     {"*pair code memory console", "*walk registers vcpu machine", "*heat stops stack", "*line exits log protocol"}},
    {"lab10",
     "the argument",
     {"*pair code memory console", "*exits walk registers vcpu machine", "*heat stops stack", "*line log protocol"}},
    {"lab11",
     "a view of your own",
     {"*pair code memory console", "*walk registers vcpu machine", "*log protocol stops stack", "*line heat exits"}},
};

}  // namespace

const char* name_of(View view) { return kNames[static_cast<usize>(view)].name; }
const char* title_of(View view) { return kNames[static_cast<usize>(view)].title; }
const char* name_of(PanePlace place) { return kPaneNames[static_cast<usize>(place)]; }

std::optional<View> view_from(std::string_view name) {
    for (usize at = 0; at < kViews; ++at) {
        if (kNames[at].name == name) return static_cast<View>(at);
    }
    return std::nullopt;
}

bool Layout::is_in_front(View view) const {
    return std::any_of(panes.begin(), panes.end(), [&](const Pane& pane) {
        return pane.front < pane.views.size() && pane.views[pane.front] == view;
    });
}

void Layout::show(View view) {
    for (Pane& pane : panes) {
        const auto found = std::find(pane.views.begin(), pane.views.end(), view);
        if (found != pane.views.end()) pane.front = static_cast<usize>(found - pane.views.begin());
    }
}

void Layout::move(View view, PanePlace to) {
    for (Pane& pane : panes) {
        std::erase(pane.views, view);
        pane.front = std::min(pane.front, std::max<usize>(pane.views.size(), 1) - 1);
    }
    at(to).views.push_back(view);
    show(view);
}

bool Layout::set(PanePlace place, std::string_view names) {
    Pane wanted;
    std::istringstream words{std::string(names)};
    for (std::string word; words >> word;) {
        const bool front = word.starts_with("*");
        const std::optional<View> view = view_from(std::string_view(word).substr(front));
        if (!view) return false;
        if (front) wanted.front = wanted.views.size();
        if (std::find(wanted.views.begin(), wanted.views.end(), *view) == wanted.views.end())
            wanted.views.push_back(*view);
    }
    wanted.front = std::min(wanted.front, std::max<usize>(wanted.views.size(), 1) - 1);
    const std::vector<View> before = std::exchange(at(place).views, {});
    for (const View view : wanted.views) move(view, place);
    at(place).front = wanted.front;
    for (const View view : before) {
        const bool kept = std::any_of(panes.begin(), panes.end(), [&](const Pane& pane) {
            return std::find(pane.views.begin(), pane.views.end(), view) != pane.views.end();
        });
        if (!kept) at(PanePlace::Below).views.push_back(view);
    }
    return true;
}

std::string Layout::text_of(PanePlace place) const {
    std::string text;
    const Pane& pane = at(place);
    for (usize index = 0; index < pane.views.size(); ++index) {
        text += (index ? " " : "") + std::string(index == pane.front ? "*" : "") + name_of(pane.views[index]);
    }
    return text;
}

Layout NamedLayout::make() const {
    Layout layout;
    for (usize at = 0; at < kPanes; ++at) layout.set(static_cast<PanePlace>(at), panes[at]);
    return layout;
}

std::span<const NamedLayout> layouts() { return kLayouts; }

const NamedLayout* layout_called(std::string_view name) {
    const auto found =
        std::find_if(std::begin(kLayouts), std::end(kLayouts), [&](const auto& one) { return one.name == name; });
    return found == std::end(kLayouts) ? nullptr : found;
}

}  // namespace debugger
