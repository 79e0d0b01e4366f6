// SPDX-License-Identifier: MIT
/// @file
/// @brief Makes a student's work tree for one lab.
/// @chapter testing
#include <cstdio>
#include <string>

#include "debugger-ui/rsp/error.h"
#include "labs/handout/handout.h"

namespace {

constexpr const char* kHelp = R"(usage: handout LAB DIR: makes the work tree of a lab in a new folder

The tree is a git repository of its own: Twain as it is, but with the bodies of the lab's functions left to write.
)";

}  // namespace

int main(int count, char** arguments) {
    try {
        if (count == 2 && std::string(arguments[1]) == "--help") {
            std::fputs(kHelp, stdout);
            return 0;
        }
        if (count != 3) throw machine::Error("it takes a lab's number and a folder; see --help");
        const std::string number = arguments[1];
        if (number.empty() || number.size() > 3 || number.find_first_not_of("0123456789") != std::string::npos)
            throw machine::Error("`" + number + "` is no lab's number");
        const grading::Lab lab = grading::Lab::load(static_cast<unsigned>(std::stoul(number)));
        grading::make_handout(lab, arguments[2]);
        std::printf("Lab %u, %s, is in %s.\nStart with its LAB.md; `make grade` there says how far you are.\n",
                    lab.number, lab.title.c_str(), arguments[2]);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lab: %s\n", error.what());
        return 1;
    }
}
