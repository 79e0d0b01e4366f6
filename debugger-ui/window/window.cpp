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
#include <map>
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

machine::Error error_from_sdl(const std::string& what) { return machine::Error(what + ": " + SDL_GetError()); }

/// SDL would open a window that nobody sees, or take the console over.
bool has_display() {
    return std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY") || std::getenv("SDL_VIDEODRIVER");
}

/// Large enough to read on a screen of any size.
int font_height(WindowSize size) {
    const float fit = std::min(static_cast<float>(size.width) / 1600, static_cast<float>(size.height) / 1000);
    return std::max(13, static_cast<int>(15 * fit + 0.5F));
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
#if IMGUI_VERSION_NUM < 18700
        ImGui_ImplSDL2_InitForSDLRenderer(window_);
#else
        ImGui_ImplSDL2_InitForOther(window_);
#endif
    }
    fit_canvas();
    load_font(font_height({canvas_.width(), canvas_.height()}));
}

Window::~Window() {
    if (display_ == Display::Screen) ImGui_ImplSDL2_Shutdown();
    ImGui::DestroyContext();
    SDL_DestroyWindow(window_);
    SDL_Quit();
}

void Window::load_font(int height) {
    ImFontAtlas& fonts = *ImGui::GetIO().Fonts;
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
}

void Window::fit_canvas() {
    int width = 0, height = 0;
    SDL_GetWindowSize(window_, &width, &height);
    if (const SDL_Surface* surface = display_ == Display::Screen ? SDL_GetWindowSurface(window_) : nullptr) {
        width = surface->w;
        height = surface->h;
    }
    if (width != canvas_.width() || height != canvas_.height()) canvas_.resize(width, height);
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
    for (bool more = any; more; more = SDL_PollEvent(&event)) {
        if (display_ == Display::Screen) ImGui_ImplSDL2_ProcessEvent(&event);
        if (event.type == SDL_QUIT) open_ = false;
    }
    return any;
}

void Window::frame(const std::function<void(float seconds)>& paint) {
    ImGuiIO& io = ImGui::GetIO();
    fit_canvas();
    if (display_ == Display::Screen) {
        ImGui_ImplSDL2_NewFrame();
    } else {
        io.DisplaySize = {static_cast<float>(canvas_.width()), static_cast<float>(canvas_.height())};
        io.DeltaTime = kFrameSeconds;
        io.MousePos = {pointer_.x, pointer_.y};
        io.MouseDown[0] = pointer_.pressed;
        take_scripted_keys();
    }
    ImGui::NewFrame();
    paint(io.DeltaTime);
    ImGui::Render();
    raster_->paint(*ImGui::GetDrawData(), canvas_);
    if (display_ == Display::Screen) present();
}

void Window::type(const std::string& characters) { typed_ += characters; }

void Window::press(const std::string& key) {
    static const std::map<std::string, int> kKeys = {
        {"left", ImGuiKey_LeftArrow},    {"right", ImGuiKey_RightArrow}, {"up", ImGuiKey_UpArrow},
        {"down", ImGuiKey_DownArrow},    {"enter", ImGuiKey_Enter},      {"pageup", ImGuiKey_PageUp},
        {"pagedown", ImGuiKey_PageDown},
    };
    const auto found = kKeys.find(key);
    if (found == kKeys.end()) throw machine::Error("no key is called " + key);
    pressed_ = found->second;
}

/// Without a display nobody else tells ImGui of keys.
void Window::take_scripted_keys() {
    ImGuiIO& io = ImGui::GetIO();
    for (const char c : std::exchange(typed_, {})) io.AddInputCharacter(static_cast<unsigned char>(c));
#if IMGUI_VERSION_NUM < 18700
    for (int key = 0; key < ImGuiKey_COUNT; ++key) {
        io.KeyMap[key] = key;
        io.KeysDown[key] = pressed_ == key;
    }
#else
    for (const int key : std::exchange(held_, {})) io.AddKeyEvent(static_cast<ImGuiKey>(key), false);
    if (pressed_) {
        io.AddKeyEvent(static_cast<ImGuiKey>(*pressed_), true);
        held_.push_back(*pressed_);
    }
#endif
    pressed_.reset();
}

WindowSize Window::size() const {
    WindowSize size;
    SDL_GetWindowSize(window_, &size.width, &size.height);
    return size;
}

void Window::copy(const std::string& text) { SDL_SetClipboardText(text.c_str()); }

void Window::save_png(const std::filesystem::path& file) {
    if (!stbi_write_png(file.c_str(), canvas_.width(), canvas_.height(), 4, canvas_.row(0), 4 * canvas_.width())) {
        throw machine::Error("cannot write " + file.string());
    }
}

}  // namespace debugger
