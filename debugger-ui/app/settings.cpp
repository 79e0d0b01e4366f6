// SPDX-License-Identifier: MIT
/// @file
/// @brief Reading and writing the layout: a name, and numbers or views, on each line.
/// @chapter observability
#include "debugger-ui/app/settings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace debugger {

std::filesystem::path settings_file() {
    const char* configuration = std::getenv("XDG_CONFIG_HOME");
    const char* home = std::getenv("HOME");
    if (configuration && *configuration) return std::filesystem::path(configuration) / "twain" / "debugger";
    return home && *home ? std::filesystem::path(home) / ".config" / "twain" / "debugger" : std::filesystem::path();
}

void load_settings(const std::filesystem::path& file, WindowState& state, WindowSize& size) {
    std::ifstream input(file);
    for (std::string line; std::getline(input, line);) {
        std::istringstream words(line);
        std::string name;
        float first = 0, second = 0;
        if (!(words >> name)) continue;
        for (usize place = 0; place < kPanes; ++place) {
            if (name == std::string("pane-") + name_of(static_cast<PanePlace>(place)))
                state.layout.set(static_cast<PanePlace>(place), line.substr(name.size()));
        }
        if (!(words >> first)) continue;
        words >> second;
        const auto part = [](float value) { return std::clamp(value, 0.05F, 0.7F); };
        if (name == "dark") state.dark = first != 0;
        if (name == "text") state.text_scale = std::clamp(first, 0.5F, 3.0F);
        if (name == "right-part") state.layout.right_part = part(first);
        if (name == "lower-part") state.layout.lower_part = part(first);
        if (name == "below-part") state.layout.below_part = part(first);
        if (name == "size" && first >= 640 && second >= 400 && first <= 8192 && second <= 8192)
            size = {static_cast<int>(first), static_cast<int>(second)};
    }
}

void save_settings(const std::filesystem::path& file, const WindowState& state, WindowSize size) {
    if (file.empty()) return;
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);
    std::ofstream output(file);
    output << "dark " << state.dark << "\ntext " << state.text_scale << "\nright-part " << state.layout.right_part
           << "\nlower-part " << state.layout.lower_part << "\nbelow-part " << state.layout.below_part << "\nsize "
           << size.width << " " << size.height << "\n";
    for (usize place = 0; place < kPanes; ++place) {
        output << "pane-" << name_of(static_cast<PanePlace>(place)) << " "
               << state.layout.text_of(static_cast<PanePlace>(place)) << "\n";
    }
}

}  // namespace debugger
