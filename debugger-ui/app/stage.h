// SPDX-License-Identifier: MIT
/// @file
/// @brief Debugger, window and console together: one frame after another, and what a frame asks for is done.
/// @chapter observability
#pragma once

#include "debugger-ui/app/console.h"
#include "debugger-ui/app/debugger.h"
#include "debugger-ui/views/landmarks.h"
#include "debugger-ui/views/window_view.h"
#include "debugger-ui/window/window.h"

namespace debugger {

/// What a person, or a script, works on.
class Stage {
   public:
    /// Everything given must outlive this object; the console may be null. `book`: the directory of the book's pages.
    struct Parts {
        Debugger& debugger;
        WindowState& state;
        Window& window;
        Console* console = nullptr;
        std::filesystem::path book{};
    };
    explicit Stage(const Parts& parts) : parts_(parts) {}
    ~Stage() { Landmarks::listener = nullptr; }
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    Debugger& debugger() { return parts_.debugger; }
    WindowState& state() { return parts_.state; }
    Window& window() { return parts_.window; }
    Console* console() { return parts_.console; }

    /// Takes over what is new. True: the next frame is another one.
    bool update();
    /// Paints a frame and does what it asks for. True: it asked for something.
    bool paint();
    /// From now on every frame notes where things are.
    void note_landmarks() { Landmarks::listener = &landmarks_; }
    const Landmarks& landmarks() const { return landmarks_; }

   private:
    void perform(const Request& request);
    void open_book(const std::string& chapter);

    Parts parts_;
    Landmarks landmarks_;
};

/// The page of a chapter among a book's pages, which begin with the chapters' numbers; empty where there is none.
std::filesystem::path page_of_chapter(const std::filesystem::path& book, const std::string& chapter);

}  // namespace debugger
