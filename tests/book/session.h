// SPDX-License-Identifier: MIT
/// @file
/// @brief The machines and shells into which the book's transcripts are typed.
/// @chapter testing
#pragma once

#include <map>
#include <memory>
#include <string>

#include "book/weaver/transcript.h"
#include "tests/machine/machine.h"

namespace proof {

/// What a line says where a machine has nothing more to say, and is not done.
inline constexpr const char* kSilence = "(nothing more comes)";

/// One machine, whose shell takes command after command.
class Session {
   public:
    /// @throws machine::Error where the attributes ask for what there is not
    Session(weaver::Where where, const std::map<std::string, std::string>& attributes);

    /// What the command printed, up to the next prompt. A machine that panics or ends, has printed all that it did; one from
    /// which nothing comes any more has a last line that says so.
    weaver::Lines run(const std::string& command);

   private:
    std::string from(std::size_t begin);

    machine::Machine machine_;
    std::string prompt_;
    bool ready_ = false;
    bool over_ = false;
};

/// The output and the messages of a command in the checkout; a last line tells a status that is not 0.
weaver::Lines run_in_checkout(const std::string& command);

/// The sessions of one chapter: one for each kind of machine.
class Sessions {
   public:
    weaver::Lines run(const weaver::Command& command, const std::map<std::string, std::string>& attributes);

   private:
    std::map<std::pair<weaver::Where, std::map<std::string, std::string>>, std::unique_ptr<Session>> sessions_;
};

}  // namespace proof
