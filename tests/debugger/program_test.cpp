// SPDX-License-Identifier: MIT
/// @file
/// @brief Tests of the debugger as a program, without a display and without a machine: recordings, scripts, pictures, mistakes.
/// @chapter observability
#include <gtest/gtest.h>
#include <stb/stb_image.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

#include "debugger-ui/model/recording.h"
#include "debugger-ui/rsp/deadline.h"
#include "debugger-ui/rsp/file.h"
#include "tests/debugger/fake_machine.h"

namespace debugger {
namespace {

constexpr Rights kAll{true, true, true};

struct Spot {
    int x = 0, y = 0;
};

/// How many pixels around a spot of a PNG have the red that says that something is wrong.
int red_around(const std::string& png, Spot spot, std::array<int, 3> red) {
    constexpr int kAround = 8, kChannels = 3, kClose = 24;
    int width = 0, height = 0, red_ones = 0;
    u8* pixels = ::stbi_load_from_memory(reinterpret_cast<const u8*>(png.data()), static_cast<int>(png.size()), &width,
                                         &height, nullptr, kChannels);
    for (int y = std::max(spot.y - kAround, 0); y < std::min(spot.y + kAround, height); ++y) {
        for (int x = std::max(spot.x - kAround, 0); x < std::min(spot.x + kAround, width); ++x) {
            const u8* pixel = pixels + kChannels * (static_cast<i64>(y) * width + x);
            int furthest = 0;
            for (usize at = 0; at < red.size(); ++at) furthest = std::max(furthest, std::abs(pixel[at] - red[at]));
            red_ones += furthest <= kClose;
        }
    }
    ::stbi_image_free(pixels);
    return red_ones;
}

class Program : public testing::Test {
   protected:
    Program() {
        for (u64 page = 0; page < 300; ++page)
            fake.map(0x20'0000 + 3 * page * kPageBytes, {true, page % 2 == 0, page % 3 == 0});
        fake.map(0x7fff'0000'0000, kAll);
    }

    /// Runs the debugger on the recording with a script; what it printed, both ways.
    std::string run(const std::string& script, const std::string& options = "") {
        save_recording(*fake.snapshot(), recording);
        std::ofstream(directory.path() / "script") << script;
        return execute("--headless --script " + (directory.path() / "script").string() + " " + options + " " +
                       recording.string());
    }
    std::string execute(const std::string& arguments) {
        const char* build = std::getenv("BUILD");
        const std::string command = std::string(build ? build : "build") + "/debugger-ui " + arguments + " 2>&1";
        FILE* pipe = ::popen(command.c_str(), "r");
        std::string output;
        for (char buffer[4096]; const usize got = std::fread(buffer, 1, sizeof(buffer), pipe);)
            output.append(buffer, got);
        const int ended = ::pclose(pipe);
        status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128;
        return output;
    }
    std::string content(const std::string& name) {
        std::ifstream file(directory.path() / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::string path(const std::string& name) { return (directory.path() / name).string(); }

    machine::TemporaryDirectory directory;
    std::filesystem::path recording = directory.path() / "recording";
    FakeMachine fake;
    int status = -1;
};

TEST_F(Program, PrintsAWalkAndTheCheckersVerdict) {
    const std::string output = run("select gpa 0x203000\nprint walk\nselect gpa 0x204000\nprint walk\nprint check\n");
    EXPECT_EQ(status, 0) << output;
    EXPECT_NE(output.find(" 4 nested L1 [  3]"), std::string::npos) << output;
    EXPECT_NE(output.find("in a 4 KiB page"), std::string::npos) << output;
    EXPECT_NE(output.find("no translation: not present"), std::string::npos) << output;
    EXPECT_NE(output.find("300 pages in the window, 0 violations"), std::string::npos) << output;
}

TEST_F(Program, GoesBackToAnEarlierMoment) {
    const std::string output =
        run("select gpa 0x203000\nmoment 1\nprint walk\nmoment 2\nprint walk\nmoment 0\nprint state\n");
    EXPECT_EQ(status, 0) << output;
    const usize missing = output.find("no translation: not present"), there = output.find("in a 4 KiB page");
    EXPECT_LT(missing, there) << output;
    EXPECT_NE(there, std::string::npos) << output;
    EXPECT_NE(output.find("1 pairs on the path"), std::string::npos) << output;
}

TEST_F(Program, NamesAViolation) {
    fake.nested_entry(0x20'3000, 1) += kPageBytes;
    const std::string output = run("print check\n");
    EXPECT_NE(output.find("0x203000 level 1"), std::string::npos) << output;
    EXPECT_NE(output.find("the halves map different frames"), std::string::npos) << output;
    EXPECT_NE(output.find("1 violations"), std::string::npos) << output;
}

TEST_F(Program, PaintsAViolationRedInBothHalves) {
    const std::string script = "select gpa 0x203000\nprint place host 3\nprint place nested 3\nscreenshot " +
                               path("light.png") + "\ndark\nscreenshot " + path("dark.png") + "\n";
    const std::array<int, 3> light{200, 30, 20}, dark{255, 96, 72};
    for (const bool wrong : {false, true}) {
        if (wrong) fake.nested_entry(0x20'3000, 1) ^= HostEntry::RW;
        std::istringstream places(run(script));
        ASSERT_EQ(status, 0) << places.str();
        for (Spot spot; places >> spot.x >> spot.y;) {
            EXPECT_EQ(red_around(content("light.png"), spot, light) > 10, wrong) << spot.x << "," << spot.y;
            EXPECT_EQ(red_around(content("dark.png"), spot, dark) > 10, wrong) << spot.x << "," << spot.y;
        }
    }
}

TEST_F(Program, ShowsEveryGapAmongManyFaults) {
    // So many that not each of them is painted; the gap is in their middle.
    constexpr usize kMany = 30'000;
    const std::array<int, 3> red{200, 30, 20};
    for (const u64 missing : {0ULL, 7ULL}) {
        std::vector<abi::TraceRecord> records(kMany, fake.log[fake.log.size() - 1]);
        fake = FakeMachine();
        fake.map(0x20'0000, kAll);
        for (usize at = 0; at < kMany; ++at) records[at].sequence = at + 2 + (at > kMany / 2 ? missing : 0ULL);
        fake.log.append(std::move(records));
        std::istringstream place(run("print place strip\nscreenshot " + path("strip.png") + "\n"));
        Spot spot;
        ASSERT_TRUE(place >> spot.x >> spot.y) << place.str();
        EXPECT_EQ(red_around(content("strip.png"), spot, red) > 10, missing > 0);
    }
}

TEST_F(Program, PaintsTheSameBytesForTheSameStateAndOthersForOthers) {
    const std::string script = "select gpa 0x203000\nscreenshot " + path("a.png") + "\nmouse 300 300\nscreenshot " +
                               path("b.png") + "\ndark\nmouse 1 1\nscreenshot " + path("dark.png") + "\n";
    run(script);
    ASSERT_EQ(status, 0);
    const std::string first = content("a.png"), hovered = content("b.png"), dark = content("dark.png");
    EXPECT_TRUE(first.starts_with("\x89PNG")) << first.size();
    EXPECT_NE(first, hovered) << "nothing shows what the mouse points at";
    EXPECT_NE(first, dark);
    run(script);
    EXPECT_EQ(content("a.png"), first);
    EXPECT_EQ(content("b.png"), hovered);
    EXPECT_EQ(content("dark.png"), dark);
    fake.nested_entry(0x20'3000, 1) ^= HostEntry::RW;
    run(script);
    EXPECT_NE(content("a.png"), first) << "a violation is not seen";
}

TEST_F(Program, ObeysKeys) {
    const std::string output = run(
        "select gpa 0x203000\nframes 1\nprint view\nkey right\nkey down\nprint view\nkey enter\nframes 1\nprint view\n"
        "keys [\nkeys [\nframes 1\nprint view\nkeys ]\nkeys ,\nkeys ,\nkeys d\nkeys 3\nframes 1\nprint view\n");
    EXPECT_EQ(status, 0) << output;
    const std::string tables = "PDPT slot 0, 1 and 1 entries, 0 changed, 0 violations\n";
    const std::string above = "PML4 slot 0, 2 and 1 entries, 1 changed, 0 violations\n" + tables +
                              "PD slot 1, 2 and 2 entries, 0 changed, 0 violations\n";
    const std::string third = "PT slot 3, 171 and 171 entries, 0 changed, 0 violations, shown\n";
    const std::string other = "PT slot 36, 171 and 171 entries, 0 changed, 0 violations";
    EXPECT_EQ(output,
              "light pair walk line, address 203000, step 4 of 4, fault 301 of 301\n" + above + third +
                  "light pair walk line, address 203000, step 4 of 4, fault 301 of 301\n" + above + third +
                  "slot 36 is taken apart\nlight pair walk line, address 224000, step 4 of 4, fault 301 of 301\n" +
                  above + other + ", shown\nlight pair walk line, address 224000, step 2 of 4, fault 301 of 301\n" +
                  "PML4 slot 0, 2 and 1 entries, 1 changed, 0 violations\n" +
                  "PDPT slot 0, 1 and 1 entries, 0 changed, 0 violations, shown\n" +
                  "PD slot 1, 2 and 2 entries, 0 changed, 0 violations\n" + other +
                  "\ndark memory walk line, address 57e000, step 4 of 4, fault 299 of 301\n" +
                  "PML4 slot 0, 1 and 1 entries, 0 changed, 0 violations\n" + tables +
                  "PD slot 2, 2 and 2 entries, 0 changed, 0 violations\n" +
                  "PT slot 382, 128 and 128 entries, 1 changed, 0 violations, shown\n");
}

TEST_F(Program, IsDrivenByTheNamesOfWhatIsSeen) {
    const std::string output = run(
        "select gpa 0x203000\nclick host 6\nprint view\nclick first step\nprint view\nclick tab exits\nprint layout\n"
        "right-click tab walk\nclick move left\nprint layout\nview pair\nwheel up host 100\nprint view\n"
        "view heat\nclick heat all\n");
    EXPECT_EQ(status, 0) << output;
    EXPECT_NE(output.find("slot 6 is taken apart"), std::string::npos) << output;
    EXPECT_NE(output.find("step 1 of 4"), std::string::npos) << output;
    EXPECT_NE(output.find("below: line heat *exits log protocol"), std::string::npos) << output;
    EXPECT_NE(output.find("left: pair code memory console *walk\nright: *registers"), std::string::npos) << output;
}

TEST_F(Program, ZoomsIntoThePair) {
    const std::string output =
        run("select gpa 0x203000\nzoom 8\nprint places\nscreenshot " + path("near.png") +
            "\nkey right\nkey +\nkey -\nprint view\nzoom 1\nscreenshot " + path("far.png") + "\n");
    EXPECT_EQ(status, 0) << output;
    // Eight of them, around the one on the path.
    EXPECT_NE(output.find("\nhost 7\n"), std::string::npos) << output;
    EXPECT_EQ(output.find("\nhost 8\n"), std::string::npos) << output;
    EXPECT_NE(output.find("zoomed 4 times"), std::string::npos) << output;
    EXPECT_NE(content("near.png"), content("far.png"));
}

TEST_F(Program, HasALayoutForEachLab) {
    std::string script;
    for (int lab = 1; lab <= 11; ++lab) {
        const std::string name = "lab" + std::to_string(lab);
        script += "layout " + name + "\nprint layout\nscreenshot " + path(name + ".png") + "\n";
    }
    const std::string output = run(script, "--size 1280x720 --dark");
    EXPECT_EQ(status, 0) << output;
    EXPECT_EQ(run("print layout\n", "--layout lab8").find("left: *console code"), 0u);
    // Every view is in every layout once: nothing is out of reach.
    for (const char* view : {"pair", "code", "memory", "console", "walk", "registers", "vcpu", "stack", "stops",
                             "machine", "exits", "heat", "line", "log", "protocol"}) {
        usize count = 0;
        for (usize at = 0; (at = output.find(view, at)) != std::string::npos; ++at) {
            const bool begins = output[at - 1] == ' ' || output[at - 1] == '*';
            const char end = output[at + std::string(view).size()];
            count += begins && (end == ' ' || end == '\n');
        }
        EXPECT_EQ(count, 11u) << view;
    }
}

TEST_F(Program, KeepsAFrameShort) {
    rusage before, after;
    ::getrusage(RUSAGE_CHILDREN, &before);
    constexpr int kFrames = 100;
    run("select gpa 0x203000\nframes " + std::to_string(kFrames) + "\n");
    EXPECT_EQ(status, 0);
    ::getrusage(RUSAGE_CHILDREN, &after);
    const auto milliseconds = [](const rusage& usage) {
        return static_cast<double>(usage.ru_utime.tv_sec) * 1000 + static_cast<double>(usage.ru_utime.tv_usec) / 1000;
    };
    // 5 to 7 ms of processor time on one computer; a frame through SDL's triangles took 18 and more.
    EXPECT_LT((milliseconds(after) - milliseconds(before)) / kFrames, 12 * machine::time_scale());
}

TEST_F(Program, PaintsEveryPageInEverySize) {
    for (const char* size : {"640x400", "1280x720", "1280x800", "1600x1000", "3840x2160"}) {
        std::string script;
        for (const char* page : {"pair", "code", "memory", "console", "walk", "registers", "vcpu", "log", "line"}) {
            script +=
                std::string("view ") + page +
                "\nselect ring3 0x7fff00000000\nframes 2\nselect gva 0x1000\nframes 2\nlevel 4\nslot 5\nframes 2\n";
        }
        const std::string output =
            run(script + "click 700 300\nscreenshot " + path("page.png") + "\n", std::string("--size ") + size);
        EXPECT_EQ(status, 0) << size << ": " << output;
        EXPECT_TRUE(content("page.png").starts_with("\x89PNG")) << size;
    }
}

TEST_F(Program, AnswersMistakesInOneLine) {
    const auto is_one_line = [&](const std::string& output, const std::string& part) {
        EXPECT_EQ(status, 1) << output;
        EXPECT_NE(output.find(part), std::string::npos) << output;
        EXPECT_EQ(output.find('\n'), output.size() - 1) << output;
    };
    is_one_line(execute("--headless"), "name either a recording or a stub");
    is_one_line(execute("--frobnicate"), "unknown argument --frobnicate");
    is_one_line(execute("--headless --size 3x4 x"), "--size 3x4");
    is_one_line(execute("--headless " + path("nothing")), "cannot be opened");
    is_one_line(execute("--headless Makefile"), "it is no recording");
    is_one_line(execute("--headless --connect localhost:1 --kernel Makefile"), "Makefile");
    is_one_line(execute("--headless --connect localhost:1 --kernel /bin/true"), "localhost:1");
    is_one_line(run("frobnicate\n"), "line 1: there is no command frobnicate");
    is_one_line(run("select gpa here\n"), "here is no number");
    is_one_line(run("\n\nprocess 99\n"), "line 3: there is no process 99");
    is_one_line(run("key hyper\n"), "no key is called hyper");
    is_one_line(run("view nothing\n"), "there is no view nothing");
    is_one_line(run("layout lab99\n"), "there is no layout lab99");
    is_one_line(run("click host 600\n"), "nothing in the window is called host 600");
    is_one_line(execute("--headless --layout lab99 x"), "there are pair code lab1");
    is_one_line(execute("--headless --text 5 x"), "--text 5");
    is_one_line(run("console ls\n"), "there is no console");
    is_one_line(execute("--headless --console " + path("nothing") + " " + recording.string()),
                "cannot open the console");
    is_one_line(run("wait-stop\n"), "a recording does not change");
    EXPECT_NE(execute("--help").find("--connect"), std::string::npos);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace debugger
