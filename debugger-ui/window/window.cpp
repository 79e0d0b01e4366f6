// SPDX-License-Identifier: MIT
/// @file
/// @brief SDL's side of the window: a renderer for ImGui's triangles, fonts, input, PNG.
/// @chapter observability
#include "debugger-ui/window/window.h"

#include <SDL.h>
#include <imgui.h>
#include <stb_image_write.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#if __has_include(<backends/imgui_impl_sdl2.h>)
#include <backends/imgui_impl_sdl2.h>
#else
#include <backends/imgui_impl_sdl.h>
#endif

#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

constexpr const char* kFonts[] = {"/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
                                  "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
                                  "/usr/share/fonts/dejavu-sans-mono-fonts/DejaVuSansMono.ttf"};
constexpr float kFrameSeconds = 1.0F / 60;

/// Of this thread, whatever else the computer does.
double processor_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

machine::Error error_from_sdl(const std::string& what) { return machine::Error(what + ": " + SDL_GetError()); }

/// SDL would open a window that nobody sees, or take the console over.
bool has_display() {
    return std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY") || std::getenv("SDL_VIDEODRIVER");
}

/// Large enough to read on a screen of any size.
int font_height(WindowSize size, float scale) {
    const float fit = std::min(static_cast<float>(size.width) / 1600, static_cast<float>(size.height) / 1000);
    return std::max(8, static_cast<int>(scale * std::max(13.0F, 15 * fit) + 0.5F));
}

struct KeyNumbers {
    SDL_Keycode sdl;
    Key key;
};
constexpr KeyNumbers kKeyNumbers[] = {
    {SDLK_RETURN, Key::Enter},
    {SDLK_KP_ENTER, Key::Enter},
    {SDLK_TAB, Key::Tab},
    {SDLK_BACKSPACE, Key::Backspace},
    {SDLK_ESCAPE, Key::Escape},
    {SDLK_LEFT, Key::Left},
    {SDLK_RIGHT, Key::Right},
    {SDLK_UP, Key::Up},
    {SDLK_DOWN, Key::Down},
    {SDLK_HOME, Key::Home},
    {SDLK_END, Key::End},
    {SDLK_PAGEUP, Key::PageUp},
    {SDLK_PAGEDOWN, Key::PageDown},
    {SDLK_INSERT, Key::Insert},
    {SDLK_DELETE, Key::Delete},
    {SDLK_F1, Key::F1},
    {SDLK_F2, Key::F2},
    {SDLK_F3, Key::F3},
    {SDLK_F4, Key::F4},
    {SDLK_F5, Key::F5},
    {SDLK_F6, Key::F6},
    {SDLK_F7, Key::F7},
    {SDLK_F8, Key::F8},
    {SDLK_F9, Key::F9},
    {SDLK_F10, Key::F10},
    {SDLK_F11, Key::F11},
    {SDLK_F12, Key::F12},
};

/// A key that stands for no character, or one held with Control; characters come as text.
std::optional<Keystroke> keystroke_from(const SDL_Keysym& pressed) {
    Keystroke stroke;
    stroke.control = (pressed.mod & KMOD_CTRL) != 0;
    stroke.shift = (pressed.mod & KMOD_SHIFT) != 0;
    const auto found = std::find_if(std::begin(kKeyNumbers), std::end(kKeyNumbers),
                                    [&](const KeyNumbers& one) { return one.sdl == pressed.sym; });
    if (found != std::end(kKeyNumbers)) {
        stroke.key = found->key;
        return stroke;
    }
    if (!stroke.control || pressed.sym < ' ' || pressed.sym > '~') return std::nullopt;
    stroke.character = static_cast<char>(pressed.sym);
    return stroke;
}

void take_text(const char* text, Keystrokes& keys) {
    for (; *text; ++text) {
        if (*text >= ' ' && *text <= '~') keys.push_back({Key::Character, *text});
    }
}

/// What ImGui's fields of text want to know; -1: nothing.
int imgui_key(Key key) {
    switch (key) {
    case Key::Enter: return ImGuiKey_Enter;
    case Key::Tab: return ImGuiKey_Tab;
    case Key::Backspace: return ImGuiKey_Backspace;
    case Key::Escape: return ImGuiKey_Escape;
    case Key::Left: return ImGuiKey_LeftArrow;
    case Key::Right: return ImGuiKey_RightArrow;
    case Key::Up: return ImGuiKey_UpArrow;
    case Key::Down: return ImGuiKey_DownArrow;
    case Key::Home: return ImGuiKey_Home;
    case Key::End: return ImGuiKey_End;
    case Key::PageUp: return ImGuiKey_PageUp;
    case Key::PageDown: return ImGuiKey_PageDown;
    case Key::Delete: return ImGuiKey_Delete;
    default: return -1;
    }
}

}  // namespace

Window::Window(const std::string& title, WindowSize size, Display display) : display_(display) {
    if (display == Display::Screen && !has_display()) {
        throw machine::Error(
            "there is no display (DISPLAY and WAYLAND_DISPLAY are not set): use a desktop or ssh -X, or "
            "look without a window: --headless");
    }
    if (display == Display::None) SDL_SetHint(SDL_HINT_VIDEODRIVER, "dummy");
    // Copying a picture through OpenGL, where there is no graphics card, doubles a frame's time.
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) throw error_from_sdl("no window can be opened");
    window_ = SDL_CreateWindow(title.c_str(), SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, size.width, size.height,
                               SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!window_) {
        const machine::Error problem = error_from_sdl("no window can be opened");
        SDL_Quit();
        throw problem;
    }
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    if (display == Display::Screen) {
        // All that it does is to take input. Every edition has this one, whatever paints.
        ImGui_ImplSDL2_InitForOpenGL(window_, nullptr);
    }
    fit();
}

Window::~Window() {
    if (display_ == Display::Screen) ImGui_ImplSDL2_Shutdown();
    ImGui::DestroyContext();
    SDL_DestroyWindow(window_);
    SDL_Quit();
}

void Window::load_font(int height) {
    ImFontAtlas& fonts = *ImGui::GetIO().Fonts;
    fonts.Clear();
    // Nothing may depend on a texture for lines: the raster wants plain triangles.
    fonts.Flags |= ImFontAtlasFlags_NoBakedLines;
    const auto exists = [](const char* name) { return std::filesystem::exists(name); };
    const auto found = std::find_if(std::begin(kFonts), std::end(kFonts), exists);
    // One texel a pixel: then a character is a copy.
    ImFontConfig sharp;
    sharp.OversampleH = 1;
    sharp.PixelSnapH = true;
    if (found == std::end(kFonts) || !fonts.AddFontFromFileTTF(*found, static_cast<float>(height), &sharp))
        fonts.AddFontDefault();
    unsigned char* texels = nullptr;
    int width = 0, rows = 0;
    fonts.GetTexDataAsAlpha8(&texels, &width, &rows);
    raster_.emplace(FontMask{texels, width, rows});
    text_height_ = height;
}

/// Fits canvas and font to the window's size, which a person may have changed.
void Window::fit() {
    int width = 0, height = 0;
    SDL_GetWindowSize(window_, &width, &height);
    if (const SDL_Surface* surface = display_ == Display::Screen ? SDL_GetWindowSurface(window_) : nullptr) {
        width = surface->w;
        height = surface->h;
    }
    if (width != canvas_.width() || height != canvas_.height()) canvas_.resize(width, height);
    const int text = font_height({width, height}, text_scale_);
    if (text != text_height_) load_font(text);
}

/// Puts the canvas on the display.
void Window::present() {
    SDL_Surface* surface = SDL_GetWindowSurface(window_);
    if (!surface || SDL_LockSurface(surface) != 0) return;
    SDL_ConvertPixels(std::min(canvas_.width(), surface->w), std::min(canvas_.height(), surface->h),
                      SDL_PIXELFORMAT_ABGR8888, canvas_.row(0), 4 * canvas_.width(), surface->format->format,
                      surface->pixels, surface->pitch);
    SDL_UnlockSurface(surface);
    SDL_UpdateWindowSurface(window_);
}

bool Window::take_input(int wait_ms) {
    SDL_Event event;
    bool any = wait_ms > 0 ? SDL_WaitEventTimeout(&event, wait_ms) : SDL_PollEvent(&event);
    // One key a frame: a field of text that a key has opened gets the next one, and ImGui sees a key go down and up.
    bool key = false;
    for (bool more = any; more; more = !key && SDL_PollEvent(&event)) {
        if (display_ == Display::Screen) ImGui_ImplSDL2_ProcessEvent(&event);
        if (event.type == SDL_QUIT) open_ = false;
        if (event.type == SDL_TEXTINPUT) take_text(event.text.text, keys_);
        if (event.type != SDL_KEYDOWN) continue;
        key = true;
        if (const auto stroke = keystroke_from(event.key.keysym)) keys_.push_back(*stroke);
    }
    return any;
}

void Window::frame(const std::function<void(const FrameInput&)>& paint) {
    ImGuiIO& io = ImGui::GetIO();
    fit();
    if (display_ == Display::Screen) {
        ImGui_ImplSDL2_NewFrame();
    } else {
        io.DisplaySize = {static_cast<float>(canvas_.width()), static_cast<float>(canvas_.height())};
        io.DeltaTime = kFrameSeconds;
        give_scripted_input();
    }
    const double begin = processor_seconds();
    ImGui::NewFrame();
    paint({io.DeltaTime, std::exchange(keys_, {})});
    ImGui::Render();
    const double viewed = processor_seconds();
    raster_->paint(*ImGui::GetDrawData(), canvas_);
    const double rastered = processor_seconds();
    if (display_ == Display::Screen) present();
    ++costs_.frames;
    costs_.views += viewed - begin;
    costs_.raster += rastered - viewed;
    costs_.display += processor_seconds() - rastered;
}

void Window::press(const Keystroke& stroke) { keys_.push_back(stroke); }

/// Without a display nobody else tells ImGui of mouse and keys.
void Window::give_scripted_input() {
    ImGuiIO& io = ImGui::GetIO();
    for (const Keystroke& stroke : keys_) {
        if (stroke.key == Key::Character && !stroke.control)
            io.AddInputCharacter(static_cast<unsigned char>(stroke.character));
    }
    const float wheel = std::exchange(pointer_.wheel, 0.0F);
#if IMGUI_VERSION_NUM < 18700
    io.MousePos = {pointer_.x, pointer_.y};
    io.MouseWheel = wheel;
    for (int button = 0; button < 2; ++button) io.MouseDown[button] = pointer_.pressed == button;
    for (int key = 0; key < ImGuiKey_COUNT; ++key) {
        io.KeyMap[key] = key;
        io.KeysDown[key] = std::any_of(keys_.begin(), keys_.end(),
                                       [&](const Keystroke& stroke) { return imgui_key(stroke.key) == key; });
    }
#else
    // All of a frame's input is for that frame.
    io.ConfigInputTrickleEventQueue = false;
    io.AddMousePosEvent(pointer_.x, pointer_.y);
    if (wheel != 0) io.AddMouseWheelEvent(0, wheel);
    for (int button = 0; button < 2; ++button) io.AddMouseButtonEvent(button, pointer_.pressed == button);
    for (const int key : std::exchange(held_, {})) io.AddKeyEvent(static_cast<ImGuiKey>(key), false);
    for (const Keystroke& stroke : keys_) {
        if (imgui_key(stroke.key) < 0) continue;
        io.AddKeyEvent(static_cast<ImGuiKey>(imgui_key(stroke.key)), true);
        held_.push_back(imgui_key(stroke.key));
    }
#endif
}

WindowSize Window::size() const {
    WindowSize size;
    SDL_GetWindowSize(window_, &size.width, &size.height);
    return size;
}

void Window::copy(const std::string& text) { SDL_SetClipboardText(text.c_str()); }

bool Window::open_page(const std::filesystem::path& page) {
    return display_ == Display::Screen && SDL_OpenURL(("file://" + page.string()).c_str()) == 0;
}

void Window::save_png(const std::filesystem::path& file) {
    if (!stbi_write_png(file.c_str(), canvas_.width(), canvas_.height(), 4, canvas_.row(0), 4 * canvas_.width())) {
        throw machine::Error("cannot write " + file.string());
    }
}

}  // namespace debugger
