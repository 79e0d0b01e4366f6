// SPDX-License-Identifier: MIT
/// @file
/// @brief The window by SDL: input in, frames out, pictures of frames as PNG. The only part that knows SDL.
/// @chapter observability
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "debugger-ui/window/raster.h"

struct SDL_Window;

namespace debugger {

struct WindowSize {
    int width = 1600;
    int height = 1000;
};

/// Where frames go: to a person's display, or nowhere, always the same bytes for the same frame.
enum class Display : unsigned char { Screen, None };

/// The mouse of a script.
struct Pointer {
    float x = -1, y = -1;
    bool pressed = false;
};

/// One window; ImGui's context lives as long as it does.
class Window {
   public:
    /// @throws machine::Error where there is no display
    Window(const std::string& title, WindowSize size, Display display);
    ~Window();
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    bool is_open() const { return open_; }
    /// Takes in what happened, waiting up to `wait_ms` for something. True: something did.
    bool take_input(int wait_ms);
    /// Paints a frame: `paint` is called with the seconds since the one before, between ImGui's NewFrame and Render.
    void frame(const std::function<void(float seconds)>& paint);
    /// What the pointer does in frames without a display.
    void set_pointer(Pointer pointer) { pointer_ = pointer; }
    /// Presses keys in the next frame without a display: characters, or the name of one that has none ("left").
    /// @throws machine::Error where there is no key of that name
    void type(const std::string& characters);
    void press(const std::string& key);
    WindowSize size() const;
    void copy(const std::string& text);
    /// Writes the last frame. @throws machine::Error
    void save_png(const std::filesystem::path& file);

   private:
    void load_font(int height);
    void fit_canvas();
    void present();
    void take_scripted_keys();

    Display display_;
    bool open_ = true;
    Pointer pointer_{};
    std::string typed_;
    std::optional<int> pressed_;  ///< an ImGuiKey
    std::vector<int> held_;       ///< to be let go in the next frame
    SDL_Window* window_ = nullptr;
    Canvas canvas_;
    std::optional<Raster> raster_;
};

}  // namespace debugger
