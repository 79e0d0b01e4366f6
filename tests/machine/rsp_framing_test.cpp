// SPDX-License-Identifier: MIT
/// @file
/// @brief Tests of the protocol's text: what GDB's manual says, and what a damaged line does.
/// @chapter testing
#include "debugger-ui/rsp/rsp_framing.h"

#include <gtest/gtest.h>

#include <random>

namespace machine {
namespace {

std::vector<RspEvent> read_all(std::string_view bytes) {
    RspReader reader;
    reader.feed(bytes);
    std::vector<RspEvent> events;
    while (auto event = reader.next()) events.push_back(*event);
    return events;
}

TEST(RspFraming, EncodesWithTheManualsChecksums) {
    EXPECT_EQ(encode_packet(""), "$#00");
    EXPECT_EQ(encode_packet("OK"), "$OK#9a");
    EXPECT_EQ(encode_packet("vCont;c"), "$vCont;c#a8");
}

TEST(RspFraming, EscapesWhatMayNotStandInAPayload) {
    EXPECT_EQ(encode_packet("#"), "$}\x03#80");
    EXPECT_EQ(encode_packet("}"), "$}]#da");
}

TEST(RspFraming, ReadsAcknowledgementsAndPacketsInTheirOrder) {
    EXPECT_EQ(read_all("+$OK#9a-"),
              (std::vector<RspEvent>{
                  {RspEventKind::Acknowledged, ""}, {RspEventKind::Packet, "OK"}, {RspEventKind::Refused, ""}}));
}

TEST(RspFraming, ReportsADamagedPacketAndReadsTheNext) {
    EXPECT_EQ(read_all("$OK#9b$OK#9a"),
              (std::vector<RspEvent>{{RspEventKind::Damaged, ""}, {RspEventKind::Packet, "OK"}}));
    EXPECT_EQ(read_all("$OK#zz"), (std::vector<RspEvent>{{RspEventKind::Damaged, ""}}));
}

TEST(RspFraming, ExpandsRuns) {
    // The manual's example: "0* " is four zeros.
    EXPECT_EQ(read_all("$0* #7a"), (std::vector<RspEvent>{{RspEventKind::Packet, "0000"}}));
}

TEST(RspFraming, GivesBackAnyPayloadCutInAnyPlaces) {
    std::mt19937 random(1);
    for (int round = 0; round < 300; ++round) {
        std::string payload(random() % 60, '\0');
        for (char& byte : payload) byte = static_cast<char>(random());
        RspReader reader;
        std::string_view wire_left;
        const std::string wire = encode_packet(payload);
        for (wire_left = wire; !wire_left.empty();) {
            const std::size_t now = std::min<std::size_t>(1 + random() % 5, wire_left.size());
            reader.feed(wire_left.substr(0, now));
            wire_left.remove_prefix(now);
        }
        ASSERT_EQ(reader.next(), (RspEvent{RspEventKind::Packet, payload})) << "round " << round;
        ASSERT_FALSE(reader.next());
    }
}

TEST(RspFraming, ConvertsHexadecimal) {
    EXPECT_EQ(hex_from_bytes(Bytes{0x00, 0x9f, 0xff}), "009fff");
    EXPECT_EQ(bytes_from_hex("009FfF"), (Bytes{0x00, 0x9f, 0xff}));
    EXPECT_FALSE(bytes_from_hex("0"));
    EXPECT_FALSE(bytes_from_hex("0g"));
    EXPECT_EQ(hex_from_number(0), "0");
    EXPECT_EQ(hex_from_number(0xffff'ffff'8000'0000), "ffffffff80000000");
    EXPECT_EQ(number_from_bytes(Bytes{0x34, 0x12}), 0x1234u);
}

TEST(RspReader, GivesUpAPacketWithoutEnd) {
    RspReader reader;
    reader.feed("$");
    const std::string much(1 << 16, 'x');
    for (int piece = 0; piece < 20; ++piece) reader.feed(much);
    EXPECT_EQ(reader.next()->kind, RspEventKind::Oversized);
    reader.feed("$OK#9a");
    EXPECT_EQ(reader.next(), (RspEvent{RspEventKind::Packet, "OK"}));
}

}  // namespace
}  // namespace machine
