// SPDX-License-Identifier: MIT
/// @file
/// @brief The window by SDL: input in, frames out, pictures of frames as PNG. The only part that knows SDL.
/// @chapter observability
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "debugger-ui/views/input.h"
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
    std::optional<int> pressed{};  ///< 0 the left button, 1 the right one
    float wheel = 0;               ///< in the next frame
};

/// What frames have taken so far, in seconds of the processor.
struct FrameCosts {
    unsigned frames = 0;
    double views = 0;    ///< what the views and ImGui do
    double raster = 0;   ///< making pixels of it
    double display = 0;  ///< bringing them to the display
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
    /// Paints a frame: `paint` is called between ImGui's NewFrame and Render.
    void frame(const std::function<void(const FrameInput& input)>& paint);
    /// What the pointer does in frames without a display.
    void set_pointer(Pointer pointer) { pointer_ = pointer; }
    /// Presses a key in the next frame.
    void press(const Keystroke& stroke);
    WindowSize size() const;
    const FrameCosts& costs() const { return costs_; }
    /// How large text is, beside what fits the window's size: 0.5 to 3.
    void set_text_scale(float scale) { text_scale_ = scale; }
    void copy(const std::string& text);
    /// Opens a page of the book in the browser of whoever sits there. False: there is none.
    bool open_page(const std::filesystem::path& page);
    /// Writes the last frame. @throws machine::Error
    void save_png(const std::filesystem::path& file);

   private:
    void load_font(int height);
    void fit();
    void present();
    void give_scripted_input();

    Display display_;
    bool open_ = true;
    Pointer pointer_{};
    Keystrokes keys_;        ///< for the next frame
    std::vector<int> held_;  ///< ImGuiKeys, to be let go in the next frame
    float text_scale_ = 1;
    int text_height_ = 0;  ///< of the font that is loaded
    SDL_Window* window_ = nullptr;
    FrameCosts costs_;
    Canvas canvas_;
    std::optional<Raster> raster_;
};

}  // namespace debugger
