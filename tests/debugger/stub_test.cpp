// SPDX-License-Identifier: MIT
/// @file
/// @brief What the debugger does about stubs that are none, and about machines that are not the kernel's.
/// @chapter observability
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <random>
#include <thread>

#include "debugger-ui/rsp/error.h"
#include "debugger-ui/rsp/rsp.h"

namespace machine {
namespace {

/// The other end of a connection: says what a test makes it say to each packet, and stops when we are gone.
class Stub {
   public:
    using Answer = std::function<std::string(const std::string& heard)>;
    explicit Stub(Answer answer) : answer_(std::move(answer)) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) throw error_from_errno("socketpair");
        ours_ = File(ends[0]);
        theirs_ = File(ends[1]);
        thread_ = std::thread([this] { serve(); });
    }
    ~Stub() { thread_.join(); }

    /// The connection's other end, once.
    Stream stream() { return Stream(std::move(ours_)); }
    /// What became of connecting: the message, or nothing.
    std::string message() {
        std::string text;
        try {
            Rsp rsp(stream(), Seconds(1));
            rsp.registers();
        } catch (const std::exception& problem) { text = problem.what(); }
        return text;
    }

   private:
    void serve() {
        char buffer[4096];
        for (;;) {
            const ssize_t got = ::read(theirs_.get(), buffer, sizeof(buffer));
            if (got <= 0) return;
            const std::string said = answer_(std::string(buffer, static_cast<usize>(got)));
            if (said == "HANG UP") return theirs_ = File(), void();
            for (usize done = 0; done < said.size();) {
                const ssize_t sent = ::send(theirs_.get(), said.data() + done, said.size() - done, MSG_NOSIGNAL);
                if (sent <= 0) return;
                done += static_cast<usize>(sent);
            }
        }
    }
    Answer answer_;
    File ours_, theirs_;
    std::thread thread_;
};

std::string said_to(const Stub::Answer& answer) { return Stub(answer).message(); }

void expect_one_line(const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST(WrongStub, SaysNothing) {
    expect_one_line(said_to([](const std::string&) { return ""; }), "does not answer");
}

TEST(WrongStub, HangsUp) {
    expect_one_line(said_to([](const std::string&) { return "HANG UP"; }), "closed the connection");
}

TEST(WrongStub, IsAnotherServer) {
    expect_one_line(said_to([](const std::string&) { return "HTTP/1.1 400 Bad Request\r\n\r\n"; }), "does not answer");
}

TEST(WrongStub, SendsOnePacketWithoutEnd) {
    expect_one_line(said_to([](const std::string&) { return "$" + std::string(2 << 20, 'x'); }), "without end");
}

TEST(WrongStub, SendsARunLengthWithoutEnd) {
    std::string bomb = "x";
    for (int count = 0; count < 200'000; ++count) bomb += "*~";
    u8 sum = 0;
    for (const char byte : bomb) sum = static_cast<u8>(sum + static_cast<u8>(byte));
    expect_one_line(said_to([&](const std::string&) { return "$" + bomb + "#" + hex_from_bytes({&sum, 1}); }), "");
}

TEST(WrongStub, ReportsStopsWithoutEnd) {
    std::string stops;
    for (int count = 0; count < 1000; ++count) stops += encode_packet("T05thread:01;");
    expect_one_line(said_to([&](const std::string&) { return stops; }), "without end");
}

TEST(WrongStub, DescribesItselfWithoutEnd) {
    expect_one_line(said_to([](const std::string&) { return "+" + encode_packet("m"); }), "does not go on");
    expect_one_line(said_to([](const std::string&) { return "+" + encode_packet("m" + std::string(2000, ' ')); }),
                    "has no end");
}

TEST(WrongStub, SaysAnything) {
    std::mt19937 random(4);
    for (int round = 0; round < 200; ++round) {
        static constexpr const char* kPieces[] = {
            "OK", "T05", "S", "", "l<reg name=\"rip\" bitsize=\"64\"/>", "E01", "T", "m", "00", "l<", "O", "W00"};
        const std::string message = said_to([&](const std::string&) {
            std::string text = "+";
            for (auto count = random() % 3 + 1; count > 0; --count)
                text += encode_packet(kPieces[random() % std::size(kPieces)]);
            return random() % 12 == 0 ? "HANG UP" : text;
        });
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
}

/// A stub that does as it is told, of a machine that never comes back from one instruction.
class StuckMachine {
   public:
    std::string answer(const std::string& heard) {
        std::string said;
        if (runs_ && heard.find('\x03') != std::string::npos) {
            runs_ = false;
            said += encode_packet("T02thread:01;");
        }
        for (usize begin = 0; (begin = heard.find('$', begin)) != std::string::npos; ++begin)
            said += answer_to(heard.substr(begin + 1, heard.find('#', begin) - begin - 1));
        return said;
    }
    std::atomic<bool> has_breakpoint = false;

   private:
    std::string answer_to(const std::string& packet) {
        const auto is = [&](const char* beginning) { return packet.starts_with(beginning); };
        if (is("vCont")) return runs_ = true, "+";
        if (is("qSupported")) return "+" + encode_packet("PacketSize=1000");
        if (is("qXfer")) return "+" + encode_packet("l<reg name=\"rip\" bitsize=\"64\"/>");
        if (is("?")) return "+" + encode_packet("T05thread:01;");
        if (is("g")) return "+" + encode_packet("0010000000000000");
        if (is("Z1,1000,1")) has_breakpoint = true;
        if (is("z1,1000,1")) has_breakpoint = false;
        return "+" + encode_packet("OK");
    }
    bool runs_ = false;
};

TEST(SlowStub, GetsABreakpointBackAfterAStepThatTookTooLong) {
    StuckMachine machine;
    Stub stub([&](const std::string& heard) { return machine.answer(heard); });
    Rsp rsp(stub.stream(), Seconds(0.3));
    rsp.set_breakpoint(VirtAddr(0x1000));
    EXPECT_TRUE(machine.has_breakpoint);
    EXPECT_THROW(rsp.step(), Timeout);
    EXPECT_FALSE(machine.has_breakpoint);
    rsp.interrupt();
    EXPECT_TRUE(machine.has_breakpoint);
    EXPECT_THROW(rsp.resume(), Timeout) << "it stands on the breakpoint";
    rsp.interrupt();
    EXPECT_TRUE(machine.has_breakpoint);
}

}  // namespace
}  // namespace machine
