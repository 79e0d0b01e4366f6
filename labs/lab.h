// SPDX-License-Identifier: MIT
/// @file
/// @brief What a lab is made of: the functions that students write, and the behaviours that are graded.
/// @chapter testing
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace grading {

/// A function whose body is the student's. All overloads of `name` in `file` are meant.
struct Exercise {
    std::string file;  ///< from the top of the tree
    std::string name;  ///< as its definition spells it: `BuddyAllocator::push`
    std::string task;  ///< what it must do, one sentence
};

/// Something that the machine does, seen from outside, and what it is worth.
struct Behaviour {
    std::string name;  ///< lower-case words with dashes, as on the command line
    unsigned points;
    std::string book;  ///< `chapter#section` of the book
    std::string text;  ///< one sentence
};

/// One folder labs/NN-name. Its file `lab` is read by people as well:
///
///     title Frames: a buddy allocator whose order 1 makes pairs
///     hours 4
///     chapter frames
///     empty kernel/mm/buddy.cpp BuddyAllocator::push: Put the block at the head of its list.
///     behaviour merges 20 frames#taking-and-giving: A freed block merges with its free buddy, and so on upwards.
struct Lab {
    unsigned number;
    std::filesystem::path folder;
    std::string title;
    std::string chapter;  ///< of the book
    unsigned hours;       ///< that a student should take
    std::vector<Exercise> exercises;
    std::vector<Behaviour> behaviours;

    /// @throws machine::Error where there is no such lab, or with the line of its file that is out of form
    static Lab load(unsigned number);
    /// The numbers of all labs, in order.
    static std::vector<unsigned> all();

    /// The files that a student hands in, each once.
    std::vector<std::string> files() const;
    std::vector<Exercise> exercises_in(const std::string& file) const;
    unsigned points() const;
    /// @throws machine::Error naming those that there are
    const Behaviour& behaviour(const std::string& name) const;
};

/// The text of a file. @throws machine::Error
std::string read_file(const std::filesystem::path& path);
/// Writes a file as a whole or not at all. @throws machine::Error
void write_file(const std::filesystem::path& path, const std::string& text);

}  // namespace grading
