// SPDX-License-Identifier: MIT
/// @file
/// @brief The line discipline: lines, editing, echo, and modes that change under typed-ahead input.
/// @chapter testing
#include "host_terminal.h"

using namespace host_files;

namespace {

TEST_F(Terminals, LinesAreReadOneByOne) {
    start();
    type("one\rtwo\nthr");
    EXPECT_EQ(screen(), "one\r\ntwo\r\nthr");
    EXPECT_EQ(read(), "one\n");
    EXPECT_EQ(read(2), "tw");
    EXPECT_EQ(read(100), "o\n");
    EXPECT_EQ(read(), again);
    type("ee\n");
    EXPECT_EQ(read(), "three\n");
}

TEST_F(Terminals, EndOfFile) {
    start();
    type("\x04");
    EXPECT_EQ(read(), "");
    EXPECT_EQ(read(), again);
    type(
        "abc\x04"
        "def\n");
    EXPECT_EQ(read(), "abc");
    EXPECT_EQ(read(), "def\n");
    type("xyz\x04");
    EXPECT_EQ(read(3), "xyz");
    EXPECT_EQ(read(), again) << "the end belonged to the read that it completed";
    EXPECT_EQ(screen(), "abcdef\r\nxyz") << "^D is not shown";
}

TEST_F(Terminals, Erasing) {
    start();
    type(
        "ab\x7f"
        "c\n");
    EXPECT_EQ(read(), "ac\n");
    EXPECT_EQ(screen(), "ab\b \bc\r\n");
    type("\x7f\x7fx\n");
    EXPECT_EQ(read(), "x\n") << "nothing before the line can be erased";
    screen();
    type("a\x01\x7f\n");
    EXPECT_EQ(read(), "a\n");
    EXPECT_EQ(screen(), "a^A\b \b\b \b\r\n") << "a control character takes two columns";
    type("a\tb\x7f\x7f\n");
    EXPECT_EQ(read(), "a\n");
    std::string wiped;
    for (int i = 0; i < 8; ++i) wiped += "\b \b";
    EXPECT_EQ(screen(), "a\tb" + wiped.substr(0, 24) + "\r\n") << "a letter and a tab of seven columns";
    type("one two  three\x17\x17new\n");
    EXPECT_EQ(read(), "one new\n");
    type("gone\x15kept\n");
    EXPECT_EQ(read(), "kept\n");
}

TEST_F(Terminals, ErasingUtf8) {
    change([](termios2& m) { m.c_iflag |= IUTF8; });
    start();
    type("\xc3\xa4\xe2\x82\xac\x7f\n");
    EXPECT_EQ(read(), "\xc3\xa4\n");
    EXPECT_EQ(screen(), "\xc3\xa4\xe2\x82\xac\b \b\r\n");
}

TEST_F(Terminals, LiteralNextAndReprint) {
    start();
    type("a\x16\x03\x16\x7f\n");
    EXPECT_EQ(read(), "a\x03\x7f\n");
    EXPECT_EQ(screen(), "a^\b^C^\b^?\r\n");
    type(
        "ab\x12"
        "c\n");
    EXPECT_EQ(screen(), "ab^R\r\nabc\r\n");
}

TEST_F(Terminals, TypedAheadCookedInputSurvivesRawMode) {
    start();
    type(
        "line\nhalf\x04"
        "end");
    set_raw();
    EXPECT_EQ(read(),
              "line\nhalf\x04"
              "end")
        << "^D is a byte like any other now";
}

TEST_F(Terminals, TypedAheadRawInputIsLinesInCookedMode) {
    set_raw();
    type(
        "first\nab\x7f"
        "c\nthird\n\x04rest");
    EXPECT_EQ(read(6), "first\n");
    screen();
    change([](termios2& m) { m.c_lflag |= ICANON | ECHO | ISIG; });
    EXPECT_EQ(screen(), "") << "it was typed long ago";
    EXPECT_EQ(read(), "ac\n");
    EXPECT_EQ(read(), "third\n");
    EXPECT_EQ(read(), "") << "^D ends the file";
    EXPECT_EQ(read(), again);
    type("\n");
    EXPECT_EQ(read(), "rest\n");
    EXPECT_TRUE(jobs.sent.empty());
}

TEST_F(Terminals, ChangingModesBackAndForthLosesNothing) {
    std::mt19937_64 random(7);
    set_raw();
    std::string typed, got;
    bool raw = true;
    for (int step = 0; step < 20'000; ++step) {
        switch (random() % 4) {
        case 0: {
            std::string text;
            for (u64 n = random() % 40; n > 0; --n)
                text += random() % 8 ? static_cast<char>('a' + random() % 26) : '\n';
            typed += text;
            type(text);
            break;
        }
        case 1:
            raw = !raw;
            if (raw)
                set_raw();
            else
                change([](termios2& m) { m.c_lflag |= ICANON; });
            break;
        default: {
            const std::string part = read(random() % 60 + 1);
            if (part != again) got += part;
        }
        }
    }
    set_raw();
    for (std::string part = read(); part != again; part = read()) got += part;
    EXPECT_EQ(got.size(), typed.size());
    EXPECT_TRUE(got == typed);
}

TEST_F(Terminals, ACookedLineLongerThanTheBufferComesInPieces) {
    start();
    std::string text(10'000, 'x');
    text += '\n';
    type(text);
    std::string got;
    while (got.size() < text.size()) {
        const std::string part = read();
        ASSERT_NE(part, again) << got.size();
        got += part;
    }
    EXPECT_TRUE(got == text);
}

TEST_F(Terminals, RawReadsCountAndTime) {
    set_raw(3);
    type("ab");
    EXPECT_EQ(tty->poll(nullptr), poll_event::kWritable);
    type("c");
    EXPECT_EQ(tty->poll(nullptr), poll_event::kWritable | poll_event::kReadable);
    EXPECT_EQ(read(), "abc");
    set_raw(0);
    EXPECT_EQ(read(), "") << "VMIN 0, VTIME 0: what there is";
    type("x");
    EXPECT_EQ(read(), "x");
}

TEST_F(Terminals, OutputProcessing) {
    EXPECT_EQ(write("a\nb\r\n"), "5");
    EXPECT_EQ(screen(), "a\r\nb\r\r\n");
    change([](termios2& m) { m.c_oflag |= XTABS; });
    write("ab\tc\n");
    EXPECT_EQ(screen(), "ab      c\r\n");
    set_raw();
    write("a\nb\t");
    EXPECT_EQ(screen(), "a\nb\t");
}

TEST_F(Terminals, RandomBytesInRandomModes) {
    std::mt19937_64 random(11);
    own();
    for (int round = 0; round < 300; ++round) {
        termios2 wild = modes();
        wild.c_iflag = static_cast<u32>(random());
        wild.c_oflag = static_cast<u32>(random());
        wild.c_lflag = static_cast<u32>(random()) & ~static_cast<u32>(TOSTOP);
        for (u8& byte : wild.c_cc) byte = static_cast<u8>(random() % 64);
        wild.c_cc[VTIME] = 0;
        set(wild);
        port.room = random() % 4 ? ~usize{0} : random() % 3000;
        std::string text;
        for (u64 n = random() % 3000; n > 0; --n) text += static_cast<char>(random() % 3 ? random() % 64 : random());
        type(text);
        write(text.substr(0, 500));
        port.room = ~usize{0};
        tty->output_ready();
        for (u64 n = random() % 20; n > 0; --n) read(random() % 500);
    }
}

}  // namespace
