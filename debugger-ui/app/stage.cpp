// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting frames, and doing what they ask for.
/// @chapter observability
#include "debugger-ui/app/stage.h"

namespace debugger {

bool Stage::update() {
    const bool talks = parts_.console && parts_.console->update();
    return parts_.debugger.update() || talks;
}

bool Stage::paint() {
    Requests requests;
    parts_.window.set_text_scale(parts_.state.text_scale);
    parts_.window.frame(
        [&](const FrameInput& input) { draw_window(parts_.debugger.picture(), parts_.state, input, requests); });
    for (const Request& request : requests) perform(request);
    return !requests.empty();
}

void Stage::perform(const Request& request) {
    // What is asked for answers for itself.
    if (!std::holds_alternative<Select>(request)) parts_.state.bar.notice.clear();
    if (const auto* copied = std::get_if<CopyText>(&request)) {
        parts_.window.copy(copied->text);
        parts_.state.bar.notice = "copied";
    } else if (const auto* typed = std::get_if<TypeKeys>(&request)) {
        if (parts_.console) parts_.console->type(typed->keys);
    } else if (const auto* wanted = std::get_if<OpenBook>(&request)) {
        open_book(wanted->chapter);
    } else {
        parts_.debugger.perform(request);
    }
}

void Stage::open_book(const std::string& chapter) {
    const std::filesystem::path page = page_of_chapter(parts_.book, chapter);
    if (page.empty()) {
        parts_.state.bar.notice =
            "there is no page of the chapter " + chapter + " in " + parts_.book.string() + ": `make book` writes it";
    } else if (parts_.window.open_page(page)) {
        parts_.state.bar.notice = "opened " + page.string();
    } else {
        parts_.state.bar.notice = "no browser opens; the page is " + page.string();
    }
}

std::filesystem::path page_of_chapter(const std::filesystem::path& book, const std::string& chapter) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(book, none)) {
        if (entry.path().extension() != ".html") continue;
        std::string name = entry.path().stem().string();
        name.erase(0, name.find_first_not_of("0123456789-_"));
        if (name == chapter) return std::filesystem::absolute(entry.path());
    }
    return {};
}

}  // namespace debugger
