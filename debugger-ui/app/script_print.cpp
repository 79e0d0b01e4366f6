// SPDX-License-Identifier: MIT
/// @file
/// @brief What scripts print: the model as text.
/// @chapter testing
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <random>

#include "debugger-ui/app/script.h"
#include "debugger-ui/model/checker.h"
#include "debugger-ui/rsp/error.h"

namespace debugger {
namespace {

constexpr usize kFaultsPrinted = 1'000'000;

std::string line_of(const abi::TraceRecord& record) {
    char text[256];
    std::snprintf(text, sizeof(text),
                  "%" PRIu64 " tid %u %s %s 0x%" PRIx64 " level %u to %u %s host %016" PRIx64 " to %016" PRIx64
                  " nested %016" PRIx64 " to %016" PRIx64 " time %.6f",
                  record.sequence, record.thread, cause_name(record.cause), access_name(record.access), record.address,
                  record.level, record.level_after, resolution_name(record.resolution), record.host_before,
                  record.host_after, record.nested_before, record.nested_after,
                  static_cast<double>(record.time_ns) / 1e9);
    return text;
}

/// Sixteen bytes a line.
void print_memory(const MemoryText& memory, std::ostream& output) {
    char text[40];
    for (usize at = 0; at < memory.bytes.size(); ++at) {
        if (at % 16 == 0) {
            std::snprintf(text, sizeof(text), "%s%016" PRIx64 " ", at ? "\n" : "", memory.place.address + at);
            output << text;
        }
        std::snprintf(text, sizeof(text), memory.bytes[at] ? " %02x" : " --", memory.bytes[at].value_or(0));
        output << text;
    }
    output << "\n";
}

void print_vcpus(const Snapshot& snapshot, std::ostream& output) {
    char text[128];
    for (const Vcpu& vcpu : snapshot.vcpus) {
        std::snprintf(text, sizeof(text), "thread %u %s rip %016" PRIx64 "\n", vcpu.thread,
                      vcpu.in_guest ? "in the guest" : "in its VMM", vcpu.rip);
        output << text;
        for (const ControlField& field : vcpu.control) {
            std::snprintf(text, sizeof(text), "  %-20s %03x %016" PRIx64 " ", field.name.c_str(), field.offset,
                          field.value);
            output << text << field.text << "\n";
        }
    }
}

void print_breakpoints(const Snapshot& snapshot, std::ostream& output) {
    char text[64];
    for (const BreakpointPlace& one : snapshot.breakpoints) {
        std::snprintf(text, sizeof(text), "%016" PRIx64 " ", one.address);
        output << text << one.name << (one.watched_bytes ? " watched" : "")
               << (one.condition.empty() ? "" : " if " + one.condition) << (one.enabled ? "" : ", off") << "\n";
    }
}

void print_exits(const Snapshot& snapshot, std::ostream& output) {
    for (const ExitCount& one : snapshot.exits) {
        if (one.by_kernel + one.by_vmm > 0)
            output << one.kind << " kernel " << one.by_kernel << " vmm " << one.by_vmm << "\n";
    }
}

void print_path(const Picture& picture, const WindowState& state, std::ostream& output) {
    char text[160];
    for (usize at = 0; at < picture.path.size(); ++at) {
        const PairPicture& pair = picture.path[at];
        const auto used = [](const auto& cells) {
            return std::count_if(cells.begin(), cells.end(), [](const Cell& c) { return c.kind != CellKind::Empty; });
        };
        std::snprintf(text, sizeof(text), "%s slot %u, %ld and %ld entries, %ld changed, %zu violations%s\n",
                      table_name(pair.level), pair.slot, static_cast<long>(used(pair.host)),
                      static_cast<long>(used(pair.nested)),
                      static_cast<long>(std::count(pair.changed.begin(), pair.changed.end(), true)),
                      pair.violation_count, static_cast<int>(at) == state.pair.shown ? ", shown" : "");
        output << text;
    }
    if (state.pair.chosen >= 0) output << "slot " << state.pair.chosen << " is taken apart\n";
    if (state.pair.zoom > 1) output << "zoomed " << state.pair.zoom << " times\n";
}

/// What a person sees, without its colours and places: enough to tell two pictures apart.
void print_view(const Picture& picture, const WindowState& state, std::ostream& output) {
    char text[160];
    output << (state.dark ? "dark" : "light");
    for (const Pane& pane : state.layout.panes) {
        if (pane.front < pane.views.size()) output << " " << name_of(pane.views[pane.front]);
    }
    std::snprintf(text, sizeof(text), ", address %" PRIx64 ", step %zu of %zu, fault %zu of %zu\n",
                  picture.selection.address, picture.step + 1, picture.walk.steps.size(), picture.fault_cursor,
                  picture.faults.size());
    output << text;
    print_path(picture, state, output);
    const Snapshot& snapshot = *picture.snapshot;
    if (snapshot.source) {
        const usize slash = snapshot.source->file.rfind('/');
        output << "reads " << snapshot.source->file.substr(slash == std::string::npos ? 0 : slash + 1) << ":"
               << snapshot.source_line << "\n";
    }
    print_breakpoints(snapshot, output);
    if (state.console.has_keyboard) output << "keys go to the machine\n";
    if (!state.bar.notice.empty()) output << "says " << state.bar.notice << "\n";
}

/// Addresses as std::mt19937_64 gives them, so that a test knows them too; `-` for what is not mapped.
void print_translations(const Snapshot& snapshot, const Picture& picture, std::span<const u64, 3> how,
                        std::ostream& output) {
    const auto [count, seed, bytes] = std::array{how[0], how[1], how[2]};
    PageSet pages = snapshot.pages;
    WalkQuestion question = question_of(snapshot, picture.selection);
    question.kind = AddressKind::GuestPhys;
    question.access = Access::Read;
    std::mt19937_64 random(seed);
    char text[64];
    for (u64 done = 0; done < count; ++done) {
        question.address = random() % bytes;
        const Walk found = walk(pages, question);
        std::snprintf(text, sizeof(text), found.host_phys ? "%" PRIx64 " %" PRIx64 "\n" : "%" PRIx64 " -\n",
                      question.address, found.host_phys ? found.host_phys->raw : 0);
        output << text;
    }
}

}  // namespace

/// What painting so many frames costs, in milliseconds each; 0: how many have been painted.
void Script::print_costs(u64 frames) {
    const FrameCosts before = stage_.window().costs();
    // As for a person, who asks for no names.
    Landmarks::listener = nullptr;
    for (u64 count = 0; count < frames; ++count) paint();
    stage_.note_landmarks();
    const FrameCosts& after = stage_.window().costs();
    const double scale = 1000.0 / static_cast<double>(std::max<u64>(frames, 1));
    char text[160];
    std::snprintf(text, sizeof(text), "views %.3f raster %.3f display %.3f ms, %u frames so far\n",
                  (after.views - before.views) * scale, (after.raster - before.raster) * scale,
                  (after.display - before.display) * scale, after.frames);
    output_ << text;
}

void Script::print_places() {
    show();
    for (const auto& [name, place] : stage_.landmarks().all()) output_ << name << "\n";
}

/// What the machine is found to be. False: it has nothing of that name.
bool Script::print_machine(const std::string& what, const Snapshot& snapshot) {
    char text[64];
    if (what == "registers") {
        for (const Register& one : snapshot.registers) {
            std::snprintf(text, sizeof(text), "%-9s %016" PRIx64 "\n", one.name.c_str(), one.value);
            output_ << text;
        }
    } else if (what == "stack") {
        for (const StackFrame& frame : snapshot.stack)
            output_ << frame.functions << " " << frame.file << ":" << frame.line << "\n";
    } else if (what == "code") {
        if (!snapshot.guest_symbol.empty()) output_ << "in the guest: " << snapshot.guest_symbol << "\n";
        for (const Instruction& one : snapshot.instructions) {
            std::snprintf(text, sizeof(text), "%016" PRIx64 "  ", one.address);
            output_ << text << one.text << "\n";
        }
    } else if (what == "exits") {
        print_exits(snapshot, output_);
    } else if (what == "breakpoints") {
        print_breakpoints(snapshot, output_);
    } else if (what == "vcpu") {
        print_vcpus(snapshot, output_);
    } else if (what == "memory") {
        print_memory(snapshot.memory, output_);
    } else if (what == "packets") {
        for (const std::string& line : snapshot.packets) output_ << line << "\n";
    } else {
        return false;
    }
    return true;
}

/// What the window shows, and where. False: it has nothing of that name.
bool Script::print_window(const std::string& what, const Words& words) {
    if (what == "view") {
        show();
        print_view(stage_.debugger().picture(), stage_.state(), output_);
    } else if (what == "layout") {
        for (usize place = 0; place < kPanes; ++place) {
            output_ << name_of(static_cast<PanePlace>(place)) << ": "
                    << stage_.state().layout.text_of(static_cast<PanePlace>(place)) << "\n";
        }
    } else if (what == "costs") {
        print_costs(words.size() > 2 ? number(words[2]) : 0);
    } else if (what == "places") {
        print_places();
    } else if (what == "place") {
        const ImVec2 middle = place_of({words.begin() + 1, words.end()});
        output_ << static_cast<int>(middle.x) << " " << static_cast<int>(middle.y) << "\n";
    } else if (what == "console") {
        if (!stage_.console()) return true;
        for (const std::string& line : stage_.console()->text().lines()) output_ << line << "\n";
    } else if (what == "end") {
        output_ << "READY\n";
    } else {
        return false;
    }
    return true;
}

void Script::print(const Words& words) {
    stage_.debugger().settle();
    const std::string& what = words.size() > 1 ? words[1] : words[0];
    const Picture& picture = stage_.debugger().picture();
    const Snapshot& snapshot = *picture.snapshot;
    if (what == "state") {
        output_ << snapshot.message << "; process " << picture.process.pid << " " << picture.process.name << "; "
                << snapshot.log.size() << " faults, " << snapshot.log.lost() << " lost; " << picture.path.size()
                << " pairs on the path\n";
    } else if (what == "walk") {
        output_ << picture.walk_text;
    } else if (what == "faults") {
        for (usize at = 0; at < std::min(picture.faults.size(), kFaultsPrinted); ++at)
            output_ << line_of(snapshot.log[picture.faults[at]]) << "\n";
    } else if (what == "check") {
        stage_.debugger().perform(GatherAllPairs{});
        stage_.debugger().settle();
        PageSet pages = stage_.debugger().snapshot().pages;
        output_ << text_of(
            check_tree(pages, stage_.debugger().picture().process.root, stage_.debugger().snapshot().format));
    } else if (what == "translations") {
        if (words.size() != 5) throw machine::Error("print translations N SEED BYTES");
        const u64 how[] = {number(words[2]), number(words[3]), std::max<u64>(number(words[4]), 1)};
        stage_.debugger().perform(GatherAllPairs{});
        stage_.debugger().settle();
        print_translations(stage_.debugger().snapshot(), stage_.debugger().picture(), how, output_);
    } else if (!print_machine(what, snapshot) && !print_window(what, words)) {
        throw machine::Error("nothing is called " + what);
    }
    output_.flush();
}

}  // namespace debugger
