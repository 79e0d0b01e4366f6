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
    if (display == Display::None) {
        SDL_SetHint(SDL_HINT_VIDEODRIVER, "dummy");
        SDL_SetHint(SDL_HINT_RENDER_DRIVER, "software");
    }
    // Copying the software renderer's picture through OpenGL, where there is no graphics card, doubles a frame's time.
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    if (SDL_Init(SDL_INIT_VIDEO) != 0) throw error_from_sdl("no window can be opened");
    window_ = SDL_CreateWindow(title.c_str(), SDL_WINDOWPOS_CENTERED, SDL_WINDOWPOS_CENTERED, size.width, size.height,
                               SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    renderer_ =
        window_ ? SDL_CreateRenderer(window_, -1, display == Display::Screen ? SDL_RENDERER_PRESENTVSYNC : 0) : nullptr;
    if (window_ && !renderer_) renderer_ = SDL_CreateRenderer(window_, -1, SDL_RENDERER_SOFTWARE);
    if (!renderer_) {
        const machine::Error problem = error_from_sdl("no window can be opened");
        if (window_) SDL_DestroyWindow(window_);
        SDL_Quit();
        throw problem;
    }
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ImGui::GetIO().BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset;
    if (display == Display::Screen) ImGui_ImplSDL2_InitForSDLRenderer(window_);
    int width = size.width, height = size.height;
    SDL_GetRendererOutputSize(renderer_, &width, &height);
    load_font(font_height({width, height}));
}

Window::~Window() {
    if (display_ == Display::Screen) ImGui_ImplSDL2_Shutdown();
    ImGui::DestroyContext();
    SDL_DestroyTexture(font_);
    SDL_DestroyRenderer(renderer_);
    SDL_DestroyWindow(window_);
    SDL_Quit();
}

void Window::load_font(int height) {
    ImFontAtlas& fonts = *ImGui::GetIO().Fonts;
    // Nothing may depend on a texture for lines: the software renderer wants plain triangles.
    fonts.Flags |= ImFontAtlasFlags_NoBakedLines;
    const auto exists = [](const char* name) { return std::filesystem::exists(name); };
    const auto found = std::find_if(std::begin(kFonts), std::end(kFonts), exists);
    if (found == std::end(kFonts) || !fonts.AddFontFromFileTTF(*found, static_cast<float>(height)))
        fonts.AddFontDefault();
    unsigned char* pixels = nullptr;
    int width = 0, rows = 0;
    fonts.GetTexDataAsRGBA32(&pixels, &width, &rows);
    font_ = SDL_CreateTexture(renderer_, SDL_PIXELFORMAT_ABGR8888, SDL_TEXTUREACCESS_STATIC, width, rows);
    if (!font_) throw error_from_sdl("no texture for the font");
    SDL_UpdateTexture(font_, nullptr, pixels, 4 * width);
    SDL_SetTextureBlendMode(font_, SDL_BLENDMODE_BLEND);
    fonts.SetTexID(font_);
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
    if (display_ == Display::Screen) {
        ImGui_ImplSDL2_NewFrame();
    } else {
        int width = 0, height = 0;
        SDL_GetRendererOutputSize(renderer_, &width, &height);
        io.DisplaySize = {static_cast<float>(width), static_cast<float>(height)};
        io.DeltaTime = kFrameSeconds;
        io.MousePos = {pointer_.x, pointer_.y};
        io.MouseDown[0] = pointer_.pressed;
    }
    ImGui::NewFrame();
    paint(io.DeltaTime);
    ImGui::Render();
    render(*ImGui::GetDrawData());
    if (display_ == Display::Screen) SDL_RenderPresent(renderer_);
}

void Window::render(ImDrawData& data) {
    SDL_SetRenderDrawColor(renderer_, 0, 0, 0, 255);
    SDL_RenderClear(renderer_);
    for (const ImDrawList* list : std::vector<ImDrawList*>(data.CmdLists, data.CmdLists + data.CmdListsCount)) {
        for (const ImDrawCmd& command : list->CmdBuffer) {
            const ImVec4& clip = command.ClipRect;
            const SDL_Rect rect{static_cast<int>(clip.x), static_cast<int>(clip.y), static_cast<int>(clip.z - clip.x),
                                static_cast<int>(clip.w - clip.y)};
            if (rect.w <= 0 || rect.h <= 0) continue;
            SDL_RenderSetClipRect(renderer_, &rect);
            const ImDrawVert* vertices = list->VtxBuffer.Data + command.VtxOffset;
            constexpr int kStride = sizeof(ImDrawVert);
            SDL_RenderGeometryRaw(renderer_, static_cast<SDL_Texture*>(command.GetTexID()), &vertices->pos.x, kStride,
                                  reinterpret_cast<const SDL_Color*>(&vertices->col), kStride, &vertices->uv.x, kStride,
                                  list->VtxBuffer.Size - static_cast<int>(command.VtxOffset),
                                  list->IdxBuffer.Data + command.IdxOffset, static_cast<int>(command.ElemCount),
                                  sizeof(ImDrawIdx));
        }
    }
    SDL_RenderSetClipRect(renderer_, nullptr);
}

void Window::copy(const std::string& text) { SDL_SetClipboardText(text.c_str()); }

void Window::save_png(const std::filesystem::path& file) {
    // What was presented may be gone; the triangles are still there.
    if (ImDrawData* data = ImGui::GetDrawData()) render(*data);
    int width = 0, height = 0;
    SDL_GetRendererOutputSize(renderer_, &width, &height);
    std::vector<unsigned char> pixels(static_cast<size_t>(width) * static_cast<size_t>(height) * 4);
    if (SDL_RenderReadPixels(renderer_, nullptr, SDL_PIXELFORMAT_ABGR8888, pixels.data(), 4 * width) != 0) {
        throw error_from_sdl("the frame cannot be read");
    }
    for (size_t at = 3; at < pixels.size(); at += 4) pixels[at] = 255;
    if (!stbi_write_png(file.c_str(), width, height, 4, pixels.data(), 4 * width)) {
        throw machine::Error("cannot write " + file.string());
    }
}

}  // namespace debugger
