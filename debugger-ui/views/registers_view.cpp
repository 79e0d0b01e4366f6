// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting registers.
/// @chapter observability
#include "debugger-ui/views/registers_view.h"

#include <cinttypes>
#include <span>
#include <string>

namespace debugger {
namespace {

struct Flag {
    unsigned bit;
    const char* name;
};
constexpr Flag kRflags[] = {{0, "CF"}, {2, "PF"}, {4, "AF"},  {6, "ZF"},  {7, "SF"},
                            {8, "TF"}, {9, "IF"}, {10, "DF"}, {11, "OF"}, {18, "AC"}};
constexpr Flag kCr0[] = {{0, "PE"}, {1, "MP"}, {3, "TS"}, {5, "NE"}, {16, "WP"}, {31, "PG"}};
constexpr Flag kCr4[] = {{5, "PAE"},       {7, "PGE"},      {11, "UMIP"}, {13, "VMXE"},
                         {16, "FSGSBASE"}, {18, "OSXSAVE"}, {20, "SMEP"}, {21, "SMAP"}};
constexpr Flag kEfer[] = {{0, "SCE"}, {8, "LME"}, {10, "LMA"}, {11, "NXE"}, {12, "SVME"}};

/// The names of the set bits of a register that has names for them.
std::string flags_of(const Register& one) {
    std::span<const Flag> flags;
    if (one.name == "eflags") flags = kRflags;
    if (one.name == "cr0") flags = kCr0;
    if (one.name == "cr4") flags = kCr4;
    if (one.name == "efer") flags = kEfer;
    std::string text;
    for (const Flag& flag : flags) {
        if (one.value >> flag.bit & 1) text += std::string(" ") + flag.name;
    }
    return text;
}

}  // namespace

void draw_registers_view(const Picture& picture, RegistersViewState& state, const Look& look) {
    const Snapshot& now = *picture.snapshot;
    if (state.of && state.of != picture.snapshot && state.of->registers != now.registers)
        state.before = state.of->registers;
    state.of = picture.snapshot;
    if (now.registers.empty()) {
        text_in(look.quiet, "registers are shown while the machine stands");
        return;
    }
    text_in(look.quiet, "core %u of %u; what changed is lit", now.core, now.cores);
    for (usize at = 0; at < now.registers.size(); ++at) {
        const Register& one = now.registers[at];
        const bool lit =
            at < state.before.size() && state.before[at].name == one.name && state.before[at].value != one.value;
        if (lit) {
            const ImVec2 from = ImGui::GetCursorScreenPos();
            ImGui::GetWindowDrawList()->AddRectFilled({from.x - 3, from.y}, {from.x + columns(26), from.y + row()},
                                                      look.changed);
        }
        text_in(look.text, "%-9s %016" PRIx64, one.name.c_str(), one.value);
        const std::string flags = flags_of(one);
        if (flags.empty()) continue;
        ImGui::SameLine(0, 0);
        text_in(look.quiet, "%s", flags.c_str());
    }
}

}  // namespace debugger
