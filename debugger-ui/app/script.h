// SPDX-License-Identifier: MIT
/// @file
/// @brief Scripts: what a person would do, one command a line, with a window or without.
/// @chapter testing
#pragma once

#include <istream>
#include <ostream>

#include "debugger-ui/app/stage.h"

namespace debugger {

class Script {
   public:
    Script(Stage& stage, std::ostream& output) : stage_(stage), output_(output) {}
    /// Carries out the commands. @throws machine::Error with the line that could not be
    void run(std::istream& commands);
    /// Carries out one line. @throws machine::Error that says what is wrong with it
    void run_line(const std::string& line);
    /// Paints until nothing moves any more.
    void show();

   private:
    using Words = std::vector<std::string>;
    void carry_out(const Words& words);
    bool look(const Words& words);
    bool arrange(const Words& words);
    bool control(const Words& words);
    bool seek(const Words& words);
    bool point(const Words& words);
    bool type(const Words& words);
    void print(const Words& words);
    bool print_machine(const std::string& what, const Snapshot& snapshot);
    bool print_window(const std::string& what, const Words& words);
    void measure_latency(u64 rounds);
    /// @throws machine::Error where the text is no number
    static u64 number(const std::string& text);
    void print_places();
    void print_costs(u64 frames);
    /// The middle of what a script calls by a name, or by its coordinates. @throws machine::Error where it is not seen
    ImVec2 place_of(const Words& words);
    void choose_step(const std::string& which);
    void paint();

    Stage& stage_;
    std::ostream& output_;
};

}  // namespace debugger
