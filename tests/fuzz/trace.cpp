// SPDX-License-Identifier: MIT
/// @file
/// @brief Fuzzes the reading of a machine's memory: a trace ring, and trees of pairs, of which nothing need be true.
/// @chapter testing
#include "debugger-ui/model/trace_log.h"

#include "debugger-ui/model/checker.h"
#include "debugger-ui/model/history.h"
#include "debugger-ui/model/walk.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace debugger;

constexpr usize kMemory = 12 * kPageBytes;
constexpr u32 kRecords = 64;

/// A machine with little memory, which the input fills.
struct Memory {
    alignas(8) u8 bytes[kMemory] = {};
    ReadPhysical reader() {
        return [this](PhysAddr from, std::span<u8> into) {
            if (from.raw > kMemory || into.size() > kMemory - from.raw) return false;
            std::memcpy(into.data(), bytes + from.raw, into.size());
            return true;
        };
    }
};

/// Words, most of them in places where they mean something: entries that point at other pages of this memory.
void fill(Memory& memory, Input& input, usize words) {
    for (; words > 0 && !input.at_end(); --words) {
        const u16 place = input.take<u16>();
        u64 word = input.take<u64>();
        if (place & 0x8000) word = (word & 0xfff) | (word >> 12 & 0xf) << kPageShift;
        std::memcpy(memory.bytes + place % (kMemory / 8) * 8, &word, 8);
    }
}

void look_at_trees(Memory& memory, Input& input) {
    PageCollector pages(memory.reader());
    for (const NestedFormat format : {NestedFormat::Npt, NestedFormat::Ept}) {
        const auto check = check_tree(pages, PhysAddr(0), format);
        FUZZ_CHECK(check.pairs <= kMemory / sizeof(TablePair));
        static_cast<void>(text_of(check));
        const u64 address = input.take<u64>(), cr3 = input.take<u16>();
        for (const AddressKind kind : {AddressKind::Ring3, AddressKind::GuestPhys, AddressKind::GuestVirt}) {
            const GuestPaging paging{0x8000'0001, cr3, 0x20, 0x500};
            const WalkQuestion question{kind, address, static_cast<Access>(cr3 % 3), PhysAddr(0), format, paging};
            const Walk live = walk(pages, question);
            FUZZ_CHECK(live.steps.size() <= 24 && live.host_phys.has_value() == (live.fault == WalkFault::None));
            // What was gathered on the way is all that the same walk needs.
            PageSet kept = pages.pages();
            FUZZ_CHECK(text_of(walk(kept, question)) == text_of(live));
        }
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const u8* data, usize bytes) {
    Input input(data, bytes);
    static Memory memory;
    memory = {};
    TraceLog log;
    u64 next = 1;
    for (unsigned round = input.take<u8>() % 8; round > 0; --round) {
        fill(memory, input, input.take<u8>() % 64);
        // Records that the kernel wrote, more or less.
        const u8 written = input.take<u8>();
        for (u64 sequence = next; sequence < next + written; ++sequence) {
            abi::TraceRecord record{};
            record.address = input.take<u64>();
            record.level = input.take<u8>() % 6;
            record.level_after = input.take<u8>() % 6;
            record.resolution = input.take<u8>() % 9;
            record.sequence = input.take<u8>() == 0xff ? input.take<u8>() : sequence;
            record.host_before = input.take<u16>();
            record.host_after = input.take<u16>();
            const u64 place = 4 * kPageBytes + (sequence - 1) % kRecords * sizeof(record);
            std::memcpy(memory.bytes + place, &record, sizeof(record));
        }
        next += written;
        const bool damaged = input.take<u8>() == 0xfe;
        const TraceRing ring{PhysAddr(damaged ? input.take<u32>() : 4 * kPageBytes),
                             damaged ? input.take<u32>() : kRecords, damaged ? input.take<u64>() : next};
        const u64 last = log.last_sequence(), lost = log.lost();
        const usize size = log.size();
        drain_ring(memory.reader(), ring, log, input.take<u8>());
        FUZZ_CHECK(log.last_sequence() >= last && log.lost() >= lost);
        FUZZ_CHECK(log.last_sequence() - last == (log.size() - size) + (log.lost() - lost));
        for (usize at = size; at < log.size(); ++at) FUZZ_CHECK(at == 0 || log[at].sequence > log[at - 1].sequence);
    }
    PageSet now;
    for (u64 place = 0; place < kMemory; place += kPageBytes) {
        Page page;
        std::memcpy(page.data(), memory.bytes + place, kPageBytes);
        now.put(PhysAddr(place), page);
    }
    History history(now, log);
    for (unsigned move = 0; move < 4; ++move) history.move_to(input.take<u8>());
    history.move_to(log.size());
    FUZZ_CHECK(history.pages() == now);
    look_at_trees(memory, input);
    return 0;
}
