// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting memory and control blocks.
/// @chapter observability
#include "debugger-ui/views/memory_view.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace debugger {
namespace {

constexpr u64 kMostBytes = 4096;

void draw_place(MemoryPlace& wanted, MemoryViewState& state) {
    static constexpr const char* kSpaces[] = {"host virtual", "host physical", "guest physical", "guest virtual"};
    int space = static_cast<int>(wanted.space);
    ImGui::SetNextItemWidth(columns(20));
    if (ImGui::Combo("##space", &space, kSpaces, 4)) wanted.space = static_cast<MemorySpace>(space);
    ImGui::SameLine(0, 4);
    if (state.typed_for != wanted.address) {
        std::snprintf(state.address, sizeof(state.address), "0x%" PRIx64, wanted.address);
        state.typed_for = wanted.address;
    }
    ImGui::SetNextItemWidth(columns(24));
    if (ImGui::InputText("##memory", state.address, sizeof(state.address), ImGuiInputTextFlags_EnterReturnsTrue))
        wanted.address = std::strtoull(state.address, nullptr, 16);
    ImGui::SameLine(0, 4);
    if (ImGui::Button("-##page")) wanted.address -= wanted.bytes;
    ImGui::SameLine(0, 4);
    if (ImGui::Button("+##page")) wanted.address += wanted.bytes;
}

/// One line: the address, the bytes, the same bytes as characters. What changed since the picture before is lit.
void draw_line(const MemoryText& now, const MemoryText& before, usize at, usize width, const Look& look) {
    const auto first = static_cast<std::ptrdiff_t>(at);
    const bool comparable = before.place == now.place && before.bytes.size() == now.bytes.size();
    char text[24];
    std::snprintf(text, sizeof(text), "%016" PRIx64, now.place.address + at);
    text_in(look.quiet, "%s", text);
    ImGui::SameLine(0, columns(2));
    const ImVec2 from = ImGui::GetCursorScreenPos();
    std::string bytes, characters;
    for (usize index = at; index < std::min(at + width, now.bytes.size()); ++index) {
        const std::optional<u8> byte = now.bytes[index];
        const auto column = static_cast<float>(3 * (index - at) + (index - at) / 8);
        if (comparable && before.bytes[index] != byte) {
            const float x = from.x + columns(column);
            ImGui::GetWindowDrawList()->AddRectFilled({x - 1, from.y}, {x + columns(2) + 1, from.y + row()},
                                                      look.changed);
        }
        std::snprintf(text, sizeof(text), byte ? "%02x " : "-- ", byte.value_or(0));
        bytes += text;
        if ((index - at) % 8 == 7) bytes += ' ';
        characters += byte && *byte >= ' ' && *byte <= '~' ? static_cast<char>(*byte) : '.';
    }
    const bool known = std::any_of(now.bytes.begin() + first, now.bytes.begin() + first + 1,
                                   [](const auto& byte) { return byte.has_value(); });
    text_in(known ? look.text : look.quiet, "%s", bytes.c_str());
    ImGui::SameLine(0, columns(1));
    text_in(look.quiet, "%s", characters.c_str());
}

}  // namespace

void draw_memory_view(const Picture& picture, MemoryViewState& state, const Look& look, Requests& requests) {
    Selection wanted = picture.selection;
    if (wanted.memory.bytes == 0 && wanted.memory.address == 0) {
        wanted.memory.space = wanted.kind == AddressKind::GuestVirt ? MemorySpace::GuestVirtual
                              : wanted.kind == AddressKind::Ring3   ? MemorySpace::HostVirtual
                                                                    : MemorySpace::GuestPhysical;
        wanted.memory.address = align_down(wanted.address, 16);
    }
    draw_place(wanted.memory, state);
    const float room = ImGui::GetContentRegionAvail().x;
    const usize width = room > columns(22 + 4 * 32 + 5) ? 32 : 16;
    const float rows = std::floor(ImGui::GetContentRegionAvail().y / ImGui::GetTextLineHeightWithSpacing());
    wanted.memory.bytes = std::min(kMostBytes, static_cast<u64>(std::max(rows - 1, 4.0F)) * width);
    if (!(wanted == picture.selection)) requests.push_back(Select{wanted});
    const Snapshot& snapshot = *picture.snapshot;
    if (snapshot.state == MachineState::Running && snapshot.memory.bytes.empty()) {
        text_in(look.quiet, "memory is shown while the machine stands");
        return;
    }
    if (!(snapshot.memory == state.now)) state.before = std::exchange(state.now, snapshot.memory);
    for (usize at = 0; at < state.now.bytes.size(); at += width) draw_line(state.now, state.before, at, width, look);
}

void draw_control_view(const Picture& picture, ControlViewState& state, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    if (snapshot.vcpus.empty()) {
        text_in(look.quiet, "no vCPU yet: the VMM has not entered a guest");
        return;
    }
    const usize chosen = std::min(picture.selection.vcpu, snapshot.vcpus.size() - 1);
    for (usize at = 0; at < snapshot.vcpus.size(); ++at) {
        const Vcpu& vcpu = snapshot.vcpus[at];
        char text[64];
        std::snprintf(text, sizeof(text), "vCPU %zu, thread %u, %s", at, vcpu.thread,
                      vcpu.in_guest ? "in the guest" : "in its VMM");
        if (!ImGui::Selectable(text, at == chosen)) continue;
        Selection there = picture.selection;
        there.vcpu = at;
        requests.push_back(Select{there});
    }
    const Vcpu& vcpu = snapshot.vcpus[chosen];
    ImGui::Separator();
    if (vcpu.control.empty()) {
        ImGui::PushTextWrapPos();
        text_in(look.quiet, "%s",
                snapshot.format == NestedFormat::Ept
                    ? "a VMCS is read by the kernel's own stub alone: its layout is its processor's"
                    : "the guest runs: its state is in the core's registers until it exits");
        ImGui::PopTextWrapPos();
        return;
    }
    text_in(look.quiet, "%s, as of the last exit", snapshot.format == NestedFormat::Ept ? "VMCS" : "VMCB");
    if (vcpu.control != state.now) state.before = std::exchange(state.now, vcpu.control);
    ImGui::BeginChild("fields");
    const char* group = nullptr;
    for (usize at = 0; at < vcpu.control.size(); ++at) {
        const ControlField& field = vcpu.control[at];
        if (field.group != group) heading(look, group = field.group);
        if (at < state.before.size() && state.before[at].value != field.value) {
            const ImVec2 from = ImGui::GetCursorScreenPos();
            ImGui::GetWindowDrawList()->AddRectFilled({from.x - 3, from.y}, {from.x + columns(42), from.y + row()},
                                                      look.changed);
        }
        text_in(look.text, "%-20s %03x %016" PRIx64, field.name.c_str(), field.offset, field.value);
        if (field.text.empty()) continue;
        if (field.text.size() < 8) {
            ImGui::SameLine();
        } else {
            ImGui::Indent();
        }
        text_in(look.quiet, "%s", field.text.c_str());
        if (field.text.size() >= 8) ImGui::Unindent();
    }
    ImGui::EndChild();
}

}  // namespace debugger
