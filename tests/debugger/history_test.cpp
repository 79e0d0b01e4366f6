// SPDX-License-Identifier: MIT
/// @file
/// @brief Tests of the trace ring, of going back in time, and of recordings.
/// @chapter observability
#include "debugger-ui/model/history.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "debugger-ui/model/picture.h"
#include "debugger-ui/model/recording.h"
#include "debugger-ui/rsp/error.h"
#include "debugger-ui/rsp/file.h"
#include "tests/debugger/fake_machine.h"

namespace debugger {
namespace {

constexpr Rights kAll{true, true, true};

/// A ring in memory, written as the kernel writes it.
struct Ring {
    explicit Ring(u32 capacity) : memory(capacity), ring{PhysAddr(0x5000), capacity, 1} {}
    void write(u64 count) {
        for (; count > 0; --count, ++ring.next) {
            memory[(ring.next - 1) % ring.capacity] = abi::TraceRecord{};
            memory[(ring.next - 1) % ring.capacity].sequence = ring.next;
        }
    }
    ReadPhysical reader() {
        return [this](PhysAddr from, std::span<u8> into) {
            const u64 offset = from - PhysAddr(0x5000);
            if (offset + into.size() > memory.size() * sizeof(abi::TraceRecord)) return false;
            std::memcpy(into.data(), reinterpret_cast<const u8*>(memory.data()) + offset, into.size());
            return true;
        };
    }
    std::vector<abi::TraceRecord> memory;
    TraceRing ring;
    TraceLog log;
    void drain() { drain_ring(reader(), ring, log); }
};

TEST(TraceRing, IsDrainedInPiecesAndAcrossItsEnd) {
    Ring ring(64);
    for (const u64 count : {10, 0, 50, 1, 64, 30}) {
        ring.write(count);
        ring.drain();
        EXPECT_EQ(ring.log.last_sequence(), ring.ring.next - 1);
    }
    EXPECT_EQ(ring.log.size(), 155u);
    EXPECT_EQ(ring.log.lost(), 0u);
    for (usize at = 0; at < ring.log.size(); ++at) EXPECT_EQ(ring.log[at].sequence, at + 1);
}

TEST(TraceRing, CountsWhatWasOverwritten) {
    Ring ring(64);
    ring.write(10);
    ring.drain();
    ring.write(100);
    ring.drain();
    EXPECT_EQ(ring.log.lost(), 36u);
    EXPECT_EQ(ring.log.size(), 74u);
    EXPECT_TRUE(ring.log.has_gap_before(10));
    EXPECT_FALSE(ring.log.has_gap_before(11));
}

TEST(TraceRing, IsReadInPiecesWhereTheLineIsSlow) {
    Ring ring(64);
    ring.write(50);
    EXPECT_EQ(drain_ring(ring.reader(), ring.ring, ring.log, 20), 30u);
    EXPECT_EQ(ring.log.last_sequence(), 20u);
    ring.write(40);  // overwrites what was not read
    EXPECT_EQ(drain_ring(ring.reader(), ring.ring, ring.log, 40), 24u);
    EXPECT_EQ(ring.log.lost(), 6u);
    EXPECT_EQ(drain_ring(ring.reader(), ring.ring, ring.log), 0u);
    EXPECT_EQ(ring.log.last_sequence(), 90u);
    EXPECT_EQ(ring.log.lost(), 6u);
}

TEST(TraceRing, WaitsForARecordThatIsBeingWritten) {
    Ring ring(64);
    ring.write(5);
    ring.memory[3].sequence = 0;
    ring.drain();
    EXPECT_EQ(ring.log.size(), 3u);
    EXPECT_EQ(drain_ring(ring.reader(), ring.ring, ring.log, 1), 0u)
        << "whoever waits for it in a machine that stands, waits for ever";
    ring.memory[3].sequence = 4;
    ring.drain();
    EXPECT_EQ(ring.log.size(), 5u);
    EXPECT_EQ(ring.log.lost(), 0u);
}

TEST(TraceRing, IsRefusedWhenItMakesNoSense) {
    Ring ring(64);
    ring.write(20);
    for (const u32 capacity : {0u, ~0u}) {
        ring.ring.capacity = capacity;
        ring.drain();
    }
    ring.ring.capacity = 1 << 16;  // longer than the memory is
    ring.ring.next = 1 << 16;
    ring.drain();
    EXPECT_EQ(ring.log.size(), 0u);
}

/// What stands in a tree, page by page: the oracle for going back.
PageSet copy_of(const FakeMachine& machine) { return machine.pages; }

TEST(History, GoesBackToEveryMomentAndForwardAgain) {
    for (const NestedFormat format : {NestedFormat::Npt, NestedFormat::Ept}) {
        FakeMachine machine(format);
        std::mt19937_64 random(3);
        std::vector<PageSet> moments{copy_of(machine)};
        for (int count = 0; count < 200; ++count) {
            u64 address = align_down(random() >> (25 + random() % 25), kPageBytes);
            while (walk(machine.pages, {AddressKind::Ring3, address, Access::Read, machine.root, format, {}}).host_phys)
                address += kPageBytes;
            machine.map(address, kAll);
            // The processor sets accessed bits without telling anybody.
            if (count % 3 == 0) machine.host_entry(address, 1) |= HostEntry::A | HostEntry::D;
            moments.push_back(copy_of(machine));
        }
        History history(machine.pages, machine.log);
        for (int count = 0; count < 100; ++count) {
            const usize moment = random() % moments.size();
            history.move_to(moment);
            EXPECT_EQ(history.unexplained(), 0u);
            // What can be reached from the root is as it was then, but for accessed bits on the way.
            for (usize at = 0; at < machine.log.size(); at += 7) {
                const WalkQuestion question{
                    AddressKind::Ring3, machine.log[at].address, Access::Read, machine.root, format, {}};
                EXPECT_EQ(walk(history.pages(), question).host_phys, walk(moments[moment], question).host_phys)
                    << moment << " " << at;
            }
        }
        history.move_to(machine.log.size());
        EXPECT_EQ(history.pages(), machine.pages);
    }
}

TEST(History, CountsWhatChangedWithoutARecord) {
    FakeMachine machine;
    machine.map(0x1000, kAll);
    machine.map(0x2000, kAll);
    machine.host_entry(0x1000, 1) = 0;  // unmapped
    History history(machine.pages, machine.log);
    history.move_to(1);
    EXPECT_EQ(history.unexplained(), 0u);
    history.move_to(0);
    EXPECT_EQ(history.unexplained(), 1u);
}

TEST(History, LivesWithRecordsOfAnything) {
    FakeMachine machine;
    machine.map(0x1000, kAll);
    std::mt19937_64 random(11);
    std::vector<abi::TraceRecord> records;
    for (u64 sequence = 2; sequence < 500; ++sequence) {
        abi::TraceRecord record{};
        for (u64& word : std::span(reinterpret_cast<u64*>(&record), sizeof(record) / 8)) word = random();
        record.sequence = sequence;
        record.resolution = 0;
        if (sequence % 2) record.root_page = static_cast<u32>(machine.root.raw >> kPageShift);
        if (sequence % 3) record.level = record.level_after = static_cast<u8>(random() % 5);
        records.push_back(record);
    }
    machine.log.append(records);
    History history(machine.pages, machine.log);
    for (int count = 0; count < 50; ++count) history.move_to(random() % 510);
    history.move_to(machine.log.size());
    EXPECT_EQ(history.pages(), machine.pages);
}

TEST(Picture, ShowsThePathAndWhatChangedLast) {
    FakeMachine machine;
    machine.map(0x20'0000, kAll);
    machine.map(0x20'1000, kAll);
    Painter painter;
    Selection selection;
    selection.address = 0x20'1000;
    auto picture = painter.paint(machine.snapshot(), selection);
    ASSERT_EQ(picture->path.size(), 4u);
    EXPECT_EQ(picture->process.pid, 7u);
    EXPECT_EQ(picture->path[3].slot, 1u);
    EXPECT_EQ(picture->path[3].host[1].kind, CellKind::Leaf);
    EXPECT_TRUE(picture->path[3].changed[1]);
    EXPECT_FALSE(picture->path[3].changed[0]);
    EXPECT_EQ(picture->faults.size(), 2u);
    EXPECT_EQ(picture->fault_cursor, 2u);
    selection.moment = 1;
    picture = painter.paint(picture->snapshot, selection);
    EXPECT_EQ(picture->path[3].host[1].kind, CellKind::Empty);
    EXPECT_EQ(picture->path[3].host[0].kind, CellKind::Leaf);
    EXPECT_EQ(picture->walk.fault, WalkFault::NotPresent);
    EXPECT_EQ(picture->fault_cursor, 1u);
    EXPECT_EQ(picture->heat.most, 1u);
    selection.moment = 0;
    picture = painter.paint(picture->snapshot, selection);
    EXPECT_EQ(picture->path.size(), 1u);
}

TEST(Picture, ShowsThePairOfTheStepLookedAt) {
    FakeMachine machine;
    machine.map(0x20'0000, kAll);
    Painter painter;
    Selection selection;
    selection.address = 0x20'0000;
    for (const i64 step : {0, 1, 2, 3}) {
        selection.step = step;
        const auto picture = painter.paint(machine.snapshot(), selection);
        EXPECT_EQ(picture->step, static_cast<usize>(step));
        EXPECT_EQ(picture->pair_level, static_cast<unsigned>(4 - step));
        EXPECT_EQ(picture->pair_address, selection.address);
    }
    selection.step = 99;
    EXPECT_EQ(painter.paint(machine.snapshot(), selection)->step, 3u);
}

TEST(Picture, MarksAViolation) {
    FakeMachine machine;
    machine.map(0x20'0000, kAll);
    machine.nested_entry(0x20'0000, 1) ^= HostEntry::RW;
    Painter painter;
    Selection selection;
    selection.address = 0x20'0000;
    const auto picture = painter.paint(machine.snapshot(), selection);
    EXPECT_EQ(picture->path[3].violations[0], Violation::DifferentRights);
    EXPECT_EQ(picture->path[3].violation_count, 1u);
}

class Recording : public testing::Test {
   protected:
    machine::TemporaryDirectory directory;
    std::filesystem::path file = directory.path() / "recording";
    FakeMachine machine{NestedFormat::Ept};

    std::string message_of_loading() {
        try {
            load_recording(file);
            return "loaded";
        } catch (const machine::Error& problem) { return problem.what(); }
    }
};

TEST_F(Recording, ComesBackAsItWas) {
    for (u64 page = 0; page < 1000; ++page) machine.map(0x10'0000 + page * kPageBytes, kAll);
    Snapshot saved = *machine.snapshot();
    saved.vcpus = {{7, true, true, {1, 2, 3, 4}, 5}};
    saved.registers = {{"rip", 0x1234}};
    save_recording(saved, file);
    const Snapshot loaded = load_recording(file);
    EXPECT_EQ(loaded.state, MachineState::Recording);
    EXPECT_EQ(loaded.format, NestedFormat::Ept);
    EXPECT_EQ(loaded.message, saved.message);
    EXPECT_EQ(loaded.processes, saved.processes);
    EXPECT_EQ(loaded.vcpus, saved.vcpus);
    EXPECT_EQ(loaded.registers, saved.registers);
    EXPECT_EQ(loaded.pages, saved.pages);
    ASSERT_EQ(loaded.log.size(), saved.log.size());
    for (usize at = 0; at < saved.log.size(); ++at)
        EXPECT_EQ(std::memcmp(&loaded.log[at], &saved.log[at], sizeof(saved.log[at])), 0);
}

TEST_F(Recording, SaysInOneLineWhatIsWrongWithAFile) {
    EXPECT_NE(message_of_loading().find("cannot be opened"), std::string::npos);
    std::ofstream(file) << "this is something else entirely";
    EXPECT_NE(message_of_loading().find("it is no recording"), std::string::npos) << message_of_loading();
    machine.map(0x1000, kAll);
    save_recording(*machine.snapshot(), file);
    std::ifstream whole(file, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(whole), {}};
    for (usize length = 0; length < content.size(); length += 7) {
        std::ofstream(file, std::ios::binary) << content.substr(0, length);
        const std::string message = message_of_loading();
        EXPECT_NE(message, "loaded") << length;
        EXPECT_EQ(message.find('\n'), std::string::npos);
    }
    std::mt19937 random(1);
    for (int round = 0; round < 300; ++round) {
        std::string damaged = content;
        damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
        std::ofstream(file, std::ios::binary) << damaged;
        message_of_loading();
    }
}

}  // namespace
}  // namespace debugger
