// SPDX-License-Identifier: MIT
/// @file
/// @brief The stub's conversation and registers, with the debugger's client side as the other opinion.
/// @chapter observability
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "debug/stub_session.h"
#include "debugger-ui/rsp/rsp_framing.h"
#include "debugger-ui/rsp/target_description.h"

namespace stub {
namespace {

using machine::RspEvent;
using machine::RspEventKind;

class TextSink final : public Sink {
   public:
    void write(std::string_view more) override { text += more; }
    std::string text;
};

/// Two cores, 64 KiB of virtual and of physical memory that differ, and points without limits.
class FakeTarget final : public Target {
   public:
    unsigned cores() const override { return 2; }
    void describe(unsigned core, Sink& sink) override { print(sink, "core ", core); }
    void read_registers(unsigned core, RegisterFile& file) override { file = registers[core]; }
    bool write_registers(unsigned core, const RegisterFile& file) override {
        registers[core] = file;
        return true;
    }
    bool read(unsigned, VirtAddr from, std::span<u8> to) override { return copy(virt, from.raw, to); }
    bool write(unsigned, VirtAddr to, std::span<const u8> from) override { return store(virt, to.raw, from); }
    bool read(PhysAddr from, std::span<u8> to) override { return copy(phys, from.raw, to); }
    bool write(PhysAddr to, std::span<const u8> from) override { return store(phys, to.raw, from); }
    bool add_point(unsigned, const Point& point) override {
        points.push_back(point);
        return true;
    }
    bool remove_point(const Point& point) override { return std::erase(points, point) > 0; }
    void clear_points() override { points.clear(); }

    RegisterFile registers[2];
    std::vector<u8> virt = std::vector<u8>(65536), phys = std::vector<u8>(65536);
    std::vector<Point> points;

   private:
    static bool copy(const std::vector<u8>& memory, u64 from, std::span<u8> to) {
        if (from > memory.size() || to.size() > memory.size() - from) return false;
        std::copy_n(memory.begin() + static_cast<i64>(from), to.size(), to.begin());
        return true;
    }
    static bool store(std::vector<u8>& memory, u64 to, std::span<const u8> from) {
        if (to > memory.size() || from.size() > memory.size() - to) return false;
        std::copy(from.begin(), from.end(), memory.begin() + static_cast<i64>(to));
        return true;
    }
};

class StubSession : public testing::Test {
   protected:
    Resume say(std::string_view bytes) {
        Resume last = Resume::Stay;
        for (const char byte : bytes) last = session->take(static_cast<u8>(byte));
        return last;
    }
    /// What the line carried since the last look.
    std::vector<RspEvent> heard() {
        machine::RspReader reader;
        reader.feed(std::exchange(line.text, {}));
        std::vector<RspEvent> events;
        while (auto event = reader.next()) events.push_back(*event);
        return events;
    }
    /// The answer to a packet, which must be acknowledged first.
    std::string ask(std::string_view request) {
        heard();
        say(machine::encode_packet(request));
        const auto events = heard();
        if (events.size() != 2 || events[0].kind != RspEventKind::Acknowledged ||
            events[1].kind != RspEventKind::Packet) {
            ADD_FAILURE() << events.size() << " events after " << request;
            return "?";
        }
        return events[1].payload;
    }

    FakeTarget target;
    TextSink line;
    std::unique_ptr<Session> session = std::make_unique<Session>(target, line);
};

TEST_F(StubSession, ReadsAndWritesBothMemories) {
    target.virt[0x123] = 0xab;
    target.phys[0x123] = 0xcd;
    EXPECT_EQ(ask("m122,3"), "00ab00");
    EXPECT_EQ(ask("Qqemu.PhyMemMode:1"), "OK");
    EXPECT_EQ(ask("qqemu.PhyMemMode"), "1");
    EXPECT_EQ(ask("m122,3"), "00cd00");
    EXPECT_EQ(ask("M200,2:0102"), "OK");
    EXPECT_EQ(target.phys[0x201], 2);
    EXPECT_EQ(ask("x122,3"), std::string("b\0\xcd\0", 4));
    EXPECT_EQ(ask("Qqemu.PhyMemMode:0"), "OK");
    std::fill_n(target.virt.begin() + 0x1000, 0x7ff, u8{'}'});
    EXPECT_EQ(ask("x1000,7ff"), "b" + std::string(0x7ff, '}')) << "all of it escaped still fits";
    EXPECT_EQ(ask("x1000,800"), "E22");
    EXPECT_EQ(ask("x10000,1"), "E14");
    EXPECT_EQ(ask(std::string("X300,3:}#", 9)), "E22") << "two bytes where three were announced";
    EXPECT_EQ(ask(std::string("X300,3:}$#")), "OK");
    EXPECT_EQ(target.virt[0x301], '$');
    EXPECT_EQ(ask("X300,0:"), "OK");
}

TEST_F(StubSession, AnswersErrorsToBadRequests) {
    for (const char* request : {"m10000,1", "mffffffffffffffff,2", "M10000,1:00", "m0,801"}) {
        EXPECT_EQ(ask(request)[0], 'E') << request;
    }
    for (const char* request : {"m",
                                "m0",
                                "m0,",
                                "m0,x",
                                "m11112222333344445,1",
                                "mg,1",
                                "M0,2:00",
                                "M0,2:0000ff",
                                "M0,1:0g",
                                "M0,1",
                                "X0,2:a",
                                "G00",
                                "p",
                                "pffff",
                                "P0",
                                "P0=00",
                                "P0=zz11223344556677",
                                "Z0",
                                "Z0,",
                                "Z0,10",
                                "Z1,10,0",
                                "Hg9",
                                "T3",
                                "Hgx",
                                "vCont;",
                                "vCont;x",
                                "vCont;c:9",
                                "vCont;s:",
                                "qRcmd,zz",
                                "qXfer:features:read:target.xml:x,1",
                                "qThreadExtraInfo,9"}) {
        EXPECT_EQ(ask(request), "E22") << request;
    }
    EXPECT_EQ(ask("qXfer:features:read:other.xml:0,100"), "E00");
    for (const char* request : {"!", "vMustReplyEmpty", "qSymbol::", "Z3,10,1", "Z9,10,1", "vCont", "Q", "H", ""}) {
        EXPECT_EQ(ask(request), "") << request;
    }
}

TEST_F(StubSession, AsksForDamagedPacketsAgainAndRepeatsItsOwn) {
    say("$?#00");
    EXPECT_EQ(heard(), (std::vector<RspEvent>{{RspEventKind::Refused, ""}}));
    say("$?#zz");
    EXPECT_EQ(heard(), (std::vector<RspEvent>{{RspEventKind::Refused, ""}}));
    const std::string stop = ask("?");
    say("-");
    EXPECT_EQ(heard(), (std::vector<RspEvent>{{RspEventKind::Packet, stop}}));
}

TEST_F(StubSession, RefusesAPacketThatDoesNotFitAndTakesTheNext) {
    EXPECT_EQ(ask(std::string(kPacketBytes + 1, 'm')), "E22");
    EXPECT_EQ(ask("m0," + std::string(kPacketBytes, '1')), "E22");
    EXPECT_EQ(ask("m0,1"), "00");
    // A client that went away in the middle, and the next one.
    say("$m0,1");
    EXPECT_EQ(ask("m0,2"), "0000");
}

TEST_F(StubSession, SaysWhatMakesTheMachineGoOn) {
    EXPECT_EQ(say(machine::encode_packet("c")), Resume::Continue);
    EXPECT_EQ(say(machine::encode_packet("vCont;c")), Resume::Continue);
    EXPECT_EQ(say(machine::encode_packet("vCont;s:2;c")), Resume::Step);
    EXPECT_EQ(session->stepping_core(), 1u);
    EXPECT_EQ(say(machine::encode_packet("vCont;c:1;s:1")), Resume::Step);
    EXPECT_EQ(session->stepping_core(), 0u);
    EXPECT_EQ(say(machine::encode_packet("k")), Resume::Kill);
    EXPECT_EQ(say(machine::encode_packet("vKill;1")), Resume::Kill);
    EXPECT_TRUE(session->is_attached());
    EXPECT_EQ(say(machine::encode_packet("D")), Resume::Detach);
    EXPECT_FALSE(session->is_attached());
}

TEST_F(StubSession, ReportsAStopOnlyToWhoWaitsForOne) {
    ASSERT_EQ(say(machine::encode_packet("c")), Resume::Continue);
    heard();
    session->note_stop({.core = 1, .point = Point{PointKind::Write, VirtAddr(0xffff'8000'0000'1000), 8}});
    EXPECT_EQ(heard(), (std::vector<RspEvent>{{RspEventKind::Packet, "T05thread:2;watch:ffff800000001000;"}}));
    EXPECT_EQ(ask("qC"), "QC2");
    session->note_stop({});
    EXPECT_EQ(line.text, "");
    // Ctrl-C, an acknowledgement that means nothing, and a new client.
    ASSERT_EQ(say(machine::encode_packet("c")), Resume::Continue);
    heard();
    EXPECT_FALSE(session->take_while_running('+'));
    EXPECT_TRUE(session->take_while_running(3));
    session->note_stop({.signal = StopReason::Interrupted});
    EXPECT_EQ(heard()[0].payload, "T02thread:1;");
    ASSERT_EQ(say(machine::encode_packet("c")), Resume::Continue);
    heard();
    EXPECT_TRUE(session->take_while_running('$'));
    session->note_stop({.signal = StopReason::Interrupted});
    EXPECT_EQ(line.text, "");
    say("?#3f");
    EXPECT_EQ(heard()[1].payload, "T02thread:1;");
}

TEST_F(StubSession, NamesSoftwareBreakpointsToWhoKnowsThem) {
    EXPECT_NE(ask("qSupported:swbreak+;hwbreak+").find("PacketSize=1000;"), std::string::npos);
    session->note_stop({.point = Point{PointKind::Software, VirtAddr(1), 1}});
    EXPECT_EQ(ask("?"), "T05thread:1;swbreak:;");
    ask("qSupported:xmlRegisters=i386");
    EXPECT_EQ(ask("?"), "T05thread:1;");
}

TEST_F(StubSession, DescribesItsRegistersWhereQemuHasThem) {
    const auto description = machine::TargetDescription::parse([&](const std::string& name) {
        std::string text;
        for (;;) {
            const std::string part =
                ask("qXfer:features:read:" + name + ":" + machine::hex_from_number(text.size()) + ",123");
            text += part.substr(1);
            if (part[0] == 'l') return text;
            EXPECT_EQ(part.size(), 0x124u);
        }
    });
    ASSERT_EQ(description.registers().size(), kRegisters);
    EXPECT_EQ(description.registers().back().offset + description.registers().back().bytes, kRegisterBytes);
    // The offsets in the answer of QEMU 7.2's stub to `g`.
    const std::map<std::string, usize> qemu{
        {"rax", 0},   {"rsp", 56},   {"r15", 120}, {"rip", 128},   {"eflags", 136}, {"fs_base", 164}, {"cr0", 188},
        {"cr3", 204}, {"efer", 228}, {"st0", 236}, {"fctrl", 316}, {"fop", 344},    {"xmm0", 348},    {"mxcsr", 604}};
    for (const auto& [name, offset] : qemu) {
        ASSERT_NE(description.find(name), nullptr) << name;
        EXPECT_EQ(description.find(name)->offset, offset) << name;
    }
    EXPECT_EQ(ask("g").size(), 2 * kRegisterBytes);
    EXPECT_EQ(ask("P10=8877665544332211"), "OK");
    EXPECT_EQ(target.registers[0].get(Register::rip), 0x1122'3344'5566'7788u);
    EXPECT_EQ(ask("p10"), "8877665544332211");
}

TEST_F(StubSession, LivesThroughAnything) {
    std::mt19937 random(1);
    const std::string letters = "$#}*+-\x03gGmMXpPzZcCsSkDHTqQv?0123456789abcdef,:;=";
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (usize length = random() % 40; length > 0; --length) {
            text += random() % 8 ? letters[random() % letters.size()] : static_cast<char>(random());
        }
        say(random() % 2 ? text : machine::encode_packet(text));
        if (random() % 4 == 0) session->note_stop({.core = static_cast<unsigned>(random() % 2)});
        heard();
    }
    say("#00");
    ask("Qqemu.PhyMemMode:0");
    EXPECT_EQ(ask("m10000,1"), "E14");
}

TEST(StubPacket, GivesBackAnyPayload) {
    std::mt19937 random(2);
    for (int round = 0; round < 500; ++round) {
        std::string payload(random() % 200, '\0');
        for (char& byte : payload) byte = static_cast<char>(random());
        PacketReader reader;
        LineEvent event = LineEvent::Nothing;
        for (const char byte : machine::encode_packet(payload)) event = reader.take(static_cast<u8>(byte));
        ASSERT_EQ(event, LineEvent::Packet);
        ASSERT_EQ(reader.payload(), payload);
        PacketWriter writer;
        writer.begin();
        writer.write(payload);
        writer.end();
        machine::RspReader client;
        client.feed(writer.whole());
        ASSERT_EQ(client.next(), (RspEvent{RspEventKind::Packet, payload}));
    }
}

TEST(StubPacket, PacksRunsOfEveryLength) {
    for (usize length = 1; length < 300; ++length) {
        for (const char c : {'0', 'x', '}', '*', '+', '\0'}) {
            PacketWriter writer;
            writer.begin();
            const std::string payload = "a" + std::string(length, c) + "b";
            writer.write(payload);
            writer.end();
            machine::RspReader reader;
            reader.feed(writer.whole());
            const auto event = reader.next();
            ASSERT_TRUE(event && event->kind == RspEventKind::Packet) << length << c;
            ASSERT_EQ(event->payload, payload) << length << c;
            const std::string_view raw = writer.whole().substr(1, writer.whole().size() - 4);
            ASSERT_EQ(raw.find_first_of("#$-"), raw.npos) << raw;
            if (c == 'x') { ASSERT_LE(raw.size(), 2 + 3 * (length / 90 + 1) + 3) << raw; }
        }
    }
}

TEST(StubRegisters, KeepWhatFxsaveSaved) {
    std::vector<u8> image(kFxBytes), back(kFxBytes);
    std::mt19937 random(3);
    // All but the reserved bytes: behind the tags, the mask of MXCSR, and behind each x87 register.
    for (usize at = 0; at < 416; ++at) {
        const bool reserved = at == 5 || (at >= 28 && at < 32) || (at >= 32 && at < 160 && at % 16 >= 10);
        image[at] = reserved ? 0 : static_cast<u8>(random());
    }
    RegisterFile file;
    file.take_fx(std::span(image).first<kFxBytes>());
    file.give_fx(std::span(back).first<kFxBytes>());
    EXPECT_EQ(image, back);
}

}  // namespace
}  // namespace stub
