// SPDX-License-Identifier: MIT
/// @file
/// @brief Painting cores, vCPUs, processes, and exits.
/// @chapter observability
#include "debugger-ui/views/machine_view.h"

#include <algorithm>
#include <cinttypes>

#include "debugger-ui/views/landmarks.h"

namespace debugger {
namespace {

void draw_cores(const Picture& picture, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    heading(look, "Cores");
    if (snapshot.core == 0) {
        text_in(look.quiet, "shown while the machine stands");
        return;
    }
    for (unsigned core = 1; core <= snapshot.cores; ++core) {
        char text[64];
        std::snprintf(text, sizeof(text), "core %u%s", core, core == snapshot.core ? ": its registers are shown" : "");
        if (ImGui::Selectable(text, core == snapshot.core)) {
            Selection there = picture.selection;
            there.core = core;
            there.frame = 0;
            requests.push_back(Select{there});
        }
        mark("core %u", core);
    }
}

void draw_vcpus(const Picture& picture, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    heading(look, "vCPUs");
    if (snapshot.vcpus.empty()) text_in(look.quiet, "the VMM has not entered a guest");
    for (usize at = 0; at < snapshot.vcpus.size(); ++at) {
        const Vcpu& vcpu = snapshot.vcpus[at];
        char text[96];
        std::snprintf(text, sizeof(text), "%zu  thread %u  %-12s rip %" PRIx64, at, vcpu.thread,
                      vcpu.in_guest ? "in the guest" : "in its VMM", vcpu.rip);
        if (ImGui::Selectable(text, at == picture.selection.vcpu)) {
            Selection there = picture.selection;
            there.vcpu = at;
            requests.push_back(Select{there});
        }
        mark("vcpu %zu", at);
    }
}

void draw_processes(const Picture& picture, const Look& look, Requests& requests) {
    heading(look, "Processes");
    text_in(look.quiet, "%5s %-16s %s", "pid", "name", "root pair");
    for (const Process& process : picture.snapshot->processes) {
        char text[80];
        std::snprintf(text, sizeof(text), "%5u %-16s 0x%" PRIx64, process.pid, process.name.c_str(), process.root.raw);
        if (ImGui::Selectable(text, process.root == picture.process.root)) {
            Selection there = picture.selection;
            there.root = process.root.raw;
            requests.push_back(Select{there});
        }
        mark("process %u", process.pid);
    }
}

}  // namespace

void draw_machine_view(const Picture& picture, const Look& look, Requests& requests) {
    draw_cores(picture, look, requests);
    ImGui::Spacing();
    draw_vcpus(picture, look, requests);
    ImGui::Spacing();
    draw_processes(picture, look, requests);
}

void draw_exits_view(const Picture& picture, const Look& look, Requests& requests) {
    const Snapshot& snapshot = *picture.snapshot;
    u64 sum = 0, most = 1;
    for (const ExitCount& one : snapshot.exits) {
        sum += one.by_kernel + one.by_vmm;
        most = std::max(most, one.by_kernel + one.by_vmm);
    }
    if (sum == 0) {
        text_in(look.quiet, snapshot.state == MachineState::Recording ? "a recording has no counts of exits"
                                                                      : "no guest has exited yet");
        return;
    }
    text_in(look.quiet, "%-20s %9s %9s  %" PRIu64, "kind", "kernel", "VMM", sum);
    std::vector<const ExitCount*> sorted;
    for (const ExitCount& one : snapshot.exits) {
        if (one.by_kernel + one.by_vmm > 0) sorted.push_back(&one);
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const ExitCount* a, const ExitCount* b) {
        return a->by_kernel + a->by_vmm > b->by_kernel + b->by_vmm;
    });
    ImDrawList& list = *ImGui::GetWindowDrawList();
    for (const ExitCount* one : sorted) {
        const ImVec2 from = ImGui::GetCursorScreenPos();
        char text[96];
        std::snprintf(text, sizeof(text), "%-20s %9" PRIu64 " %9" PRIu64, one->kind.c_str(), one->by_kernel,
                      one->by_vmm);
        if (ImGui::Selectable(text) && snapshot.state == MachineState::Stopped)
            requests.push_back(RunToExit{one->kind});
        mark("exits %s", one->kind.c_str());
        if (ImGui::IsItemHovered())
            ImGui::SetTooltip("settled by the kernel (full) and by the VMM (outline); a click runs to the next %s",
                              one->kind.c_str());
        // The kernel's part is full, the VMM's an outline behind it.
        const float x = from.x + columns(42), room = std::max(0.0F, ImGui::GetContentRegionAvail().x - columns(43));
        const auto length = [&](u64 count) { return room * static_cast<float>(count) / static_cast<float>(most); };
        const float middle = x + length(one->by_kernel), end = middle + length(one->by_vmm);
        const float top = from.y + 2, foot = from.y + row() - 2;
        list.AddRectFilled({x, top}, {middle, foot}, look.accent);
        if (end > middle + 1) draw_frame(list, {middle, top}, {end, foot}, look.ring3, 2);
    }
}

}  // namespace debugger
