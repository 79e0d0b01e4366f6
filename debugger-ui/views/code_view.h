// SPDX-License-Identifier: MIT
/// @file
/// @brief The machine as a program: source and instructions of the core that stands, and its stack.
/// @chapter observability
#pragma once

#include "debugger-ui/model/request.h"
#include "debugger-ui/views/look.h"

namespace debugger {

/// What lies before a person: the source, the function's instructions, or both with the lines over their instructions.
enum class CodeForm : u8 { Source, Mixed, Instructions };

/// What the code view remembers.
struct CodeViewState {
    CodeForm form = CodeForm::Source;
    std::string scrolled_for{};  ///< the place that was last brought into sight
    char place[128] = {};        ///< what to read, as it is typed
    bool wants_place = false;    ///< the keyboard is to go there
};
/// A click on a line or an instruction sets a breakpoint there, or takes it away.
void draw_code_view(const Picture& picture, CodeViewState& state, const Look& look, Requests& requests);

/// The frames of the stack. A click shows the frame's source.
void draw_stack_view(const Picture& picture, const Look& look, Requests& requests);

/// The chapter of the book that explains a file, as its `@chapter` says; empty where it says nothing.
std::string chapter_of(const SourceText& source);

}  // namespace debugger
