// SPDX-License-Identifier: MIT
/// @file
/// @brief `make debug` as a person uses it: a real window on a real X server, driven by mouse and keyboard alone.
/// @chapter testing
///
/// Where things are, the window says on a terminal of the test's; what it shows then, as text, is held against golden files in
/// tests/debugger/golden. TWAIN_GOLDEN=write writes them anew.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "debugger-ui/rsp/error.h"
#include "tests/debugger/display.h"
#include "tests/machine/machine.h"

namespace machine {
namespace {

constexpr const char* kReady = "READY";
constexpr int kWidth = 1600, kHeight = 1000;

/// Numbers that differ from one build of the kernel to the next.
std::string without_numbers(std::string text) {
    text.erase(0, text.find_first_not_of("\r\n"));
    text = std::regex_replace(text, std::regex("address [0-9a-f]+"), "address A");
    text = std::regex_replace(text, std::regex("fault ([0-9]+) of \\1\\b"), "fault LAST of ALL");
    text = std::regex_replace(text, std::regex("fault [0-9]+ of [0-9]+"), "fault N of ALL");
    text = std::regex_replace(text, std::regex("step ([0-9]+) of \\1\\b"), "step LAST of ALL");
    text = std::regex_replace(text, std::regex("[0-9]+ and [0-9]+ entries"), "N and N entries");
    text = std::regex_replace(text, std::regex("\\b(ffffffff)?[0-9a-f]{16}\\b"), "X");
    text = std::regex_replace(text, std::regex("slot [0-9]+"), "slot S");
    return std::regex_replace(text, std::regex("(cpp|h):[0-9]+"), "$1:L");
}

class Person : public testing::Test {
   protected:
    Person() : display_(kWidth, kHeight), answers_(TerminalSize{}), terminal_(TerminalSize{24, 80}) {
        silence(answers_);
        set("DISPLAY", display_.name());
        set("HOME", directory_.path().string());
        set("XDG_CONFIG_HOME", directory_.path().string());
        set("ACCEL", "tcg");
        set("BIGPAGES", "off");
        set("DEBUG_TERMINAL", ::ptsname(answers_.master.get()));
        start();
    }
    static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
    void start(const std::string& options = "") {
        set("DEBUG_OPTIONS", "--script - --size " + std::to_string(kWidth) + "x" + std::to_string(kHeight) + options);
        command_ = std::make_unique<Child>(Child::start({"tests/tools/run-machine", "debug"}, terminal_));
        said_ = std::make_unique<Console>(answers_.master.get());
        shell_ = std::make_unique<Console>(terminal_.master.get());
    }

    /// Asks the window a question of a script's; this does not drive it.
    std::string ask(const std::string& question) {
        said_->type(question + "\nprint end\n");
        const std::string answer = said_->expect(kReady, Seconds(60));
        return answer.substr(std::min(answer.find_first_not_of("\r\n"), answer.size()));
    }
    /// Waits until an answer has a part of a text.
    std::string until(const std::string& question, const std::string& part, Seconds within = Seconds(60)) {
        const Deadline deadline(within);
        for (std::string answer; !deadline.has_passed();) {
            answer = ask(question);
            if (answer.find(part) != std::string::npos) return answer;
            last_ = answer;
            said_->read_for(Seconds(0.02));  // whoever is asked without a pause has no time for anything else
        }
        throw Timeout("in vain waited for \"" + part + "\"; it said: " + last_);
    }
    void until_gone(const std::string& question, const std::string& part) {
        const Deadline deadline(Seconds(60));
        do { last_ = ask(question); } while (last_.find(part) != std::string::npos && !deadline.has_passed());
        EXPECT_EQ(last_.find(part), std::string::npos) << last_;
    }
    struct Spot {
        int x = 0, y = 0;
    };
    /// Where something is, once it is seen: what was clicked before may only be about to bring it up.
    Spot spot(const std::string& name) {
        for (const Deadline deadline(Seconds(60)); !deadline.has_passed();) {
            last_ = ask("print place " + name);
            Spot found;
            if (std::istringstream(last_) >> found.x >> found.y) return found;
        }
        throw Timeout("nothing is called " + name + ": " + last_);
    }
    void click(const std::string& name, unsigned button = 1) {
        const Spot at = spot(name);
        display_.click(at.x, at.y, button);
    }
    /// What is in the window now, against the file of that name; and a picture of it for people.
    void expect_golden(const std::string& name) {
        const std::string shown = without_numbers(ask("print view"));
        const std::string path = "tests/debugger/golden/" + name + ".txt";
        if (const char* mode = std::getenv("TWAIN_GOLDEN"); mode && std::string(mode) == "write")
            std::ofstream(path) << shown;
        std::ifstream file(path);
        const std::string golden{std::istreambuf_iterator<char>(file), {}};
        EXPECT_EQ(shown, golden) << name;
        const std::filesystem::path pictures = build_directory() + "/tests/pictures";
        std::filesystem::create_directories(pictures);
        ask("screenshot " + (pictures / (name + ".png")).string());
    }

    /// It opens, and stands at the first nested fault.
    void opens() {
        until("print state", "nested fault: the guest wants to", Seconds(200));
        ASSERT_TRUE(display_.focus_window());
        expect_golden("first-fault");
    }
    /// A click on an entry takes it apart; the keyboard goes on from there.
    void takes_an_entry_apart() {
        click("host 40");
        until("print view", "slot 40 is taken apart");
        display_.key("Right");
        until("print view", "slot 41 is taken apart");
    }
    /// The walk, by its buttons and by keys.
    void steps_the_walk() {
        click("first step");
        until("print view", "step 1 of");
        click("step on");
        until("print view", "step 2 of");
        display_.type("[");
        until("print view", "step 1 of");
        expect_golden("walk");
    }
    /// How many of the faults have happened at the moment that is shown, as the window says it.
    usize moment() {
        const std::string view = ask("print view");
        return std::stoul(view.substr(view.find(", fault ") + 8));
    }
    static std::string at_fault(usize number) { return ", fault " + std::to_string(number) + " of "; }
    /// The time line: dragged back, then a step on.
    void scrubs_the_time_line() {
        const usize all = moment();
        const Spot strip = spot("strip");
        display_.move(strip.x + 100, strip.y);
        display_.press();
        until_gone("print view", at_fault(all));
        display_.move(0, strip.y);
        until("print view", at_fault(0));
        display_.move(strip.x - 100, strip.y);
        until_gone("print view", at_fault(0));
        display_.release();
        const usize there = moment();
        EXPECT_GT(there, all / 10);
        EXPECT_LT(there, all / 2);
        display_.type(".");
        until("print view", at_fault(there + 1));
        expect_golden("past");
        click("now");
        until("print view", at_fault(all));
    }
    /// The source: a breakpoint by a click on its line, and the machine runs into it.
    void sets_a_breakpoint_in_the_source() {
        click("tab code");
        until("print view", "code");
        display_.type("/");
        display_.type("Vcpu::settle");
        display_.key("Return");
        const std::string read = until("print view", "reads settle.cpp:");
        const usize colon = read.find("reads settle.cpp:") + 17;
        const std::string line = read.substr(colon, read.find('\n', colon) - colon);
        click("line " + line);
        until("print breakpoints", "settle.cpp:" + line);
        display_.key("F5");
        until("print state", "breakpoint at");
        expect_golden("breakpoint");
    }
    /// It is switched off and deleted where all are listed.
    void deletes_it() {
        click("tab stops");
        const std::string place = [&] {
            const std::string list = ask("print breakpoints");
            const usize space = list.find(' ');
            return list.substr(space + 1, list.find('\n') - space - 1);
        }();
        click("on " + place);
        until("print breakpoints", ", off");
        click("delete " + place);
        until_gone("print breakpoints", "settle.cpp");
    }
    /// Into ring V, and one instruction there.
    void steps_in_ring_v() {
        display_.type("g");
        until("print state", "in the guest, at its first instruction");
        display_.type("i");
        until("print state", "after one instruction");
        expect_golden("ring-v");
    }
    /// On, and into the guest's shell by the window's keyboard.
    void types_into_the_guest() {
        display_.key("F5");
        until("print console", "guest:~# ", Seconds(300));
        click("tab console");
        click("console");
        until("print view", "keys go to the machine");
        display_.type("echo $((6 * 7)) rings; stty size");
        display_.key("Return");
        until("print console", "\n42 rings\n24 80\nguest:~# ");
        // What is typed before the shell has given cat the terminal may not be echoed, or be in between.
        display_.type("echo ready; cat");
        display_.key("Return");
        until("print console", "\nready\n\n");
        display_.type("twice");
        display_.key("Return");
        until("print console", "\ntwice\ntwice\n\n");
        display_.key("c", "Control_L");
        until("print console", "^C\nguest:~# ");
        display_.type("echo after");
        display_.key("Return");
        until("print console", "\nafter\nguest:~# ");
        expect_golden("console");
        // The terminal that started it has the same console, and types into it as well.
        shell_->expect("42 rings");
        shell_->type("echo both\r");
        until("print console", "\nboth\nguest:~# ");
    }
    /// Back to the window's own keys, and the end.
    void ends() {
        display_.key("F12");
        display_.type("d");
        until("print view", "dark");
        display_.key("F12");
        display_.type("poweroff");
        display_.key("Return");
        // The machine's end is one clear line in a window that lives on.
        until("print state", "gone", Seconds(120));
        EXPECT_NE(ask("print view").find("dark console"), std::string::npos);
    }

    TemporaryDirectory directory_;
    Display display_;
    Terminal answers_, terminal_;
    std::unique_ptr<Child> command_;
    std::unique_ptr<Console> said_, shell_;
    std::string last_;
};

TEST_F(Person, SeesTheFirstFaultStepsSetsABreakpointAndTypesIntoTheMachine) {
    ASSERT_NO_FATAL_FAILURE(opens());
    ASSERT_NO_FATAL_FAILURE(takes_an_entry_apart());
    ASSERT_NO_FATAL_FAILURE(steps_the_walk());
    ASSERT_NO_FATAL_FAILURE(scrubs_the_time_line());
    ASSERT_NO_FATAL_FAILURE(sets_a_breakpoint_in_the_source());
    ASSERT_NO_FATAL_FAILURE(deletes_it());
    ASSERT_NO_FATAL_FAILURE(steps_in_ring_v());
    ASSERT_NO_FATAL_FAILURE(types_into_the_guest());
    ASSERT_NO_FATAL_FAILURE(ends());
}

}  // namespace
}  // namespace machine
