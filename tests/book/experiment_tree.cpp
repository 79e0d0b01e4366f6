// SPDX-License-Identifier: MIT
/// @file
/// @brief Keeping the experiments' tree.
/// @chapter testing
#include "tests/book/experiment_tree.h"

#include <set>
#include <stdexcept>

namespace proof {
namespace fs = std::filesystem;

ExperimentTree::ExperimentTree(const fs::path& folder) : source_(fs::current_path()), folder_(fs::absolute(folder)) {
    const bool fresh = !fs::exists(folder_ / "build");
    fs::create_directories(folder_);
    std::set<fs::path> tracked;
    for (const std::string& file : weaver::split(
             weaver::output_of({"git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"}), '\0')) {
        // What is built is no part of the tree, whether git is told so or not.
        if (file.empty() || file.starts_with("build/") || !fs::exists(source_ / file)) continue;
        tracked.insert(file);
        bring_up_to_date(file);
    }
    // What is no longer in the tree must not be compiled.
    std::vector<fs::path> old;
    for (auto entry = fs::recursive_directory_iterator(folder_); entry != fs::recursive_directory_iterator(); ++entry) {
        const fs::path name = fs::relative(entry->path(), folder_);
        if (name == "build" || name == ".git") {
            entry.disable_recursion_pending();
        } else if (entry->is_regular_file() && !tracked.contains(name)) {
            old.push_back(entry->path());
        }
    }
    for (const fs::path& file : old) fs::remove(file);
    if (!fresh) return;
    // The weaver and some tests ask git what the tree is made of.
    weaver::output_of({"git", "-C", folder_.string(), "init", "-q"});
    weaver::output_of({"git", "-C", folder_.string(), "add", "-A"});
    fs::create_directories(folder_ / "build");
    for (const auto& entry : fs::directory_iterator(source_ / "build")) {
        if (entry.path().filename() == "book") continue;
        weaver::output_of({"cp", "-a", entry.path().string(), (folder_ / "build").string()});
    }
}

/// A file that differs gets the time of now, so that make sees it; one that is equal keeps its own.
void ExperimentTree::bring_up_to_date(const fs::path& file) {
    const fs::path from = source_ / file, to = folder_ / file;
    if (fs::exists(to) && weaver::read_file(to) == weaver::read_file(from)) return;
    const bool is_new = !fs::exists(to);
    fs::create_directories(to.parent_path());
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
    fs::permissions(to, fs::status(from).permissions());
    if (is_new) fs::last_write_time(to, fs::last_write_time(from));
}

void ExperimentTree::change(const std::vector<weaver::Change>& changes) {
    for (const weaver::Change& change : changes) {
        const fs::path file = folder_ / change.path;
        if (!fs::is_regular_file(file)) throw std::runtime_error("there is no file " + change.path);
        changed_.emplace_back(change.path);
        const weaver::Lines lines = weaver::with_change(change, weaver::split_lines(weaver::read_file(file)));
        weaver::write_file(file, weaver::join(lines) + "\n");
    }
}

void ExperimentTree::restore() {
    for (const fs::path& file : changed_) bring_up_to_date(file);
    changed_.clear();
}

std::string ExperimentTree::goals(const weaver::Transcript& transcript) {
    bool machine = false;
    for (const weaver::Command& command : transcript.commands)
        machine = machine || command.where != weaver::Where::Checkout;
    if (!machine) return "";
    std::string goals = "all";
    if (transcript.attributes.contains("with-tests")) goals += " build/initramfs-test.cpio";
    if (transcript.attributes.contains("checked")) goals += " build/debug/twain.elf";
    return goals;
}

}  // namespace proof
