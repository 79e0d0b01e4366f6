// SPDX-License-Identifier: MIT
/// @file
/// @brief Working out what is painted.
/// @chapter observability
#include "debugger-ui/model/picture.h"

#include <algorithm>
#include <bit>

namespace debugger {
namespace {

Process process_of(const Snapshot& snapshot, const Selection& selection) {
    for (const Process& process : snapshot.processes) {
        if (selection.root != 0 && process.root.raw == selection.root) return process;
    }
    const Process* chosen = selection.root == 0 ? main_process(snapshot) : nullptr;
    // A tree that is not listed any more can still be looked at.
    return chosen ? *chosen : Process{PhysAddr(selection.root), 0, {}};
}

void fill_pair(PairPicture& pair, PageSource& pages, NestedFormat format) {
    const Page* host = pages.page(pair.place);
    const Page* nested = pages.page(pair.place + kPageBytes);
    pair.known = host && nested;
    if (!pair.known) return;
    for (unsigned index = 0; index < kEntriesPerTable; ++index) {
        const bool kernels = pair.level == kRootLevel && index >= kFirstKernelSlot;
        const u64 address = pair.base + index * bytes_per_entry(pair.level);
        const bool window = !kernels && in_window(VirtAddr(address));
        pair.host[index] = cell_of((*host)[index], EntryFormat::Host, pair.level);
        pair.nested[index] = cell_of((*nested)[index], entry_format(format), pair.level);
        pair.violations[index] = compare_halves((*host)[index], (*nested)[index], format, pair.level, window);
        pair.violation_count += pair.violations[index] != Violation::None;
    }
}

/// The pairs from the root down to where the address's path ends in the host half.
std::vector<PairPicture> path_to(u64 address, PhysAddr root, PageSource& pages, NestedFormat format) {
    std::vector<PairPicture> path;
    PhysAddr place = root;
    for (unsigned level = kRootLevel; level >= 1; --level) {
        PairPicture pair;
        pair.level = level;
        pair.place = place;
        pair.slot = table_index(VirtAddr(address), level);
        pair.base = level == kRootLevel ? 0 : align_down(address, bytes_per_entry(level + 1));
        fill_pair(pair, pages, format);
        const Cell& cell = pair.host[pair.slot];
        const bool goes_on =
            pair.known && cell.kind == CellKind::Table && !(level == kRootLevel && pair.slot >= kFirstKernelSlot);
        path.push_back(std::move(pair));
        if (!goes_on) break;
        place = HostEntry(cell.raw).frame();
    }
    return path;
}

void mark_last_change(std::vector<PairPicture>& path, PhysAddr root, const TraceLog& log, usize moment) {
    if (moment == 0 || moment > log.size()) return;
    const abi::TraceRecord& last = log[moment - 1];
    if (root_of(last) != root || last.resolution != kResolutionMapped) return;
    for (PairPicture& pair : path) {
        const bool in_pair = pair.level == kRootLevel || last.address - pair.base < bytes_per_entry(pair.level + 1);
        const bool written = pair.level >= last.level_after && pair.level <= last.level;
        if (in_pair && written) pair.changed[table_index(VirtAddr(last.address), pair.level)] = true;
    }
}

/// Which pairs a walk's step is about: those that translate its address. A guest's own entry lies in no pair: the walk that
/// found it is shown.
void choose_pair(Picture& picture) {
    const std::vector<WalkStep>& steps = picture.walk.steps;
    picture.pair_address = picture.selection.address;
    if (steps.empty()) return;
    const i64 wanted = picture.selection.step;
    const usize last = steps.size() - 1;
    picture.step = wanted < 0 ? last : std::min(static_cast<usize>(wanted), last);
    for (usize at = 0; at <= picture.step; ++at) {
        if (steps[at].table == WalkTable::Guest) continue;
        picture.pair_address = steps[at].target;
        picture.pair_level = steps[at].level;
    }
}

/// The smallest power-of-two range from 0 that has every guest fault of the log.
u64 used_end(const TraceLog& log) {
    u64 highest = kMiB;
    for (usize at = 0; at < log.size(); ++at) {
        const abi::TraceRecord& record = log[at];
        if (record.cause == abi::TraceCause::RingV && in_window(VirtAddr(record.address)) &&
            record.resolution == kResolutionMapped) {
            highest = std::max(highest, record.address);
        }
    }
    return std::bit_ceil(highest + 1);
}

HeatPicture heat_of(const TraceLog& log, const Selection& selection, usize moment) {
    HeatPicture heat;
    heat.begin = selection.heat_begin;
    heat.end = selection.heat_end > selection.heat_begin ? selection.heat_end : used_end(log);
    const u64 cell = std::max<u64>(heat.bytes_per_cell(), 1);
    for (usize at = 0; at < moment; ++at) {
        const abi::TraceRecord& record = log[at];
        if (!selection.filter.matches(record) || record.resolution != kResolutionMapped) continue;
        if (record.address < heat.begin || record.address >= heat.end) continue;
        // A large page fills all that it covers.
        const u64 bytes = bytes_per_entry(std::clamp<unsigned>(record.level_after, 1, kRootLevel));
        const u64 first = std::max(align_down(record.address, bytes), heat.begin) - heat.begin;
        const u64 end = std::min(align_down(record.address, bytes) + bytes, heat.end) - heat.begin;
        for (u64 covered = first / cell; covered < HeatPicture::kCells && covered * cell < end; ++covered)
            heat.most = std::max(heat.most, ++heat.faults[covered]);
    }
    return heat;
}

}  // namespace

WalkQuestion question_of(const Snapshot& snapshot, const Selection& selection) {
    WalkQuestion question;
    question.kind = selection.kind;
    question.address = selection.address;
    question.access = selection.access;
    question.root = process_of(snapshot, selection).root;
    question.format = snapshot.format;
    if (selection.vcpu < snapshot.vcpus.size()) question.guest = snapshot.vcpus[selection.vcpu].paging;
    return question;
}

void gather_pages(PageSource& pages, const Snapshot& snapshot, const Selection& selection) {
    const WalkQuestion question = question_of(snapshot, selection);
    if (question.root.raw == 0) return;
    path_to(selection.address, question.root, pages, snapshot.format);
    // The tables that a guest's tables are found by, both halves of them.
    for (const WalkStep& step : walk(pages, question).steps) {
        if (step.table == WalkTable::Nested && step.level == kRootLevel)
            path_to(step.target, question.root, pages, snapshot.format);
    }
}

MemoryText read_memory(PageSource& pages, const Snapshot& snapshot, const Selection& selection,
                       const MemoryPlace& place) {
    static constexpr AddressKind kKinds[] = {AddressKind::Ring3, AddressKind::GuestPhys, AddressKind::GuestPhys,
                                             AddressKind::GuestVirt};
    MemoryText text{place, {}};
    WalkQuestion question = question_of(snapshot, selection);
    question.kind = kKinds[static_cast<usize>(place.space)];
    question.access = Access::Read;
    question.privilege = Privilege::Supervisor;
    std::optional<PhysAddr> here;
    for (u64 offset = 0; offset < place.bytes; ++offset) {
        const u64 address = place.address + offset;
        if (offset == 0 || address % kPageBytes == 0) {
            question.address = address;
            here = place.space == MemorySpace::HostPhysical ? PhysAddr(address) : walk(pages, question).host_phys;
        }
        const Page* page = here ? pages.page(*here) : nullptr;
        const u64 within = address % kPageBytes;
        text.bytes.push_back(page ? std::optional<u8>((*page)[within / 8] >> (8 * (within % 8))) : std::nullopt);
    }
    return text;
}

Selection focused(const Selection& before, const Focus& focus) {
    Selection selection = before;
    selection.kind = focus.kind;
    selection.access = focus.access;
    selection.address = focus.address;
    selection.root = focus.root;
    selection.vcpu = 0;
    selection.moment = selection.step = -1;
    return selection;
}

bool need_the_same_pages(const Selection& a, const Selection& b) {
    return a.kind == b.kind && a.access == b.access && a.address == b.address && a.root == b.root && a.vcpu == b.vcpu &&
           a.memory == b.memory && a.frame == b.frame && a.code == b.code && a.core == b.core;
}

std::shared_ptr<const Picture> Painter::paint(std::shared_ptr<const Snapshot> snapshot, const Selection& selection) {
    auto picture = std::make_shared<Picture>();
    picture->selection = selection;
    picture->snapshot = snapshot;
    picture->process = process_of(*snapshot, selection);

    // The moment: the pages as they are, or as they were.
    if (of_ != snapshot) history_.emplace(snapshot->pages, snapshot->log);
    of_ = snapshot;
    const usize moment = selection.moment < 0 ? snapshot->log.size() : static_cast<usize>(selection.moment);
    history_->move_to(moment);
    picture->unexplained = history_->unexplained();

    const WalkQuestion question = question_of(*snapshot, selection);
    if (question.root.raw != 0) {
        picture->walk = walk(history_->pages(), question);
        picture->walk_text = text_of(picture->walk);
        choose_pair(*picture);
        picture->path = path_to(picture->pair_address, question.root, history_->pages(), snapshot->format);
        mark_last_change(picture->path, question.root, snapshot->log, history_->position());
    }

    for (usize at = 0; at < snapshot->log.size(); ++at) {
        if (!selection.filter.matches(snapshot->log[at])) continue;
        picture->faults.push_back(static_cast<u32>(at));
        if (at < moment) picture->fault_cursor = picture->faults.size();
    }
    picture->heat = heat_of(snapshot->log, selection, std::min(moment, snapshot->log.size()));
    return picture;
}

}  // namespace debugger
