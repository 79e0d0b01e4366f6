// SPDX-License-Identifier: MIT
/// @file
/// @brief Reads mutants, and makes submissions of them.
/// @chapter testing
#include "labs/mutant.h"

#include <algorithm>
#include <map>
#include <sstream>

#include "debugger-ui/rsp/error.h"

namespace grading {
namespace {

using machine::Error;
namespace fs = std::filesystem;

constexpr std::string_view kReplace = "replace ";
constexpr std::string_view kBecomes = " => ";

Mutant::Change change_of(const std::string& text) {
    const std::size_t colon = text.find(": "), becomes = text.find(kBecomes);
    if (colon == std::string::npos || becomes == std::string::npos || becomes < colon)
        throw Error("`FILE: TEXT => TEXT` is missing in: " + text);
    // The file's own last newline ends the second text.
    std::string to = text.substr(becomes + kBecomes.size());
    if (to.ends_with('\n')) to.pop_back();
    return {text.substr(0, colon), text.substr(colon + 2, becomes - colon - 2), to};
}

Mutant parse(const std::string& name, const std::string& text) {
    Mutant mutant{.name = name, .story = {}, .loses = {}, .changes = {}};
    std::size_t at = text.find("\nreplace ");
    std::istringstream head(text.substr(0, at));
    for (std::string line; std::getline(head, line);) {
        if (line.starts_with("# ")) mutant.story += (mutant.story.empty() ? "" : " ") + line.substr(2);
        if (!line.starts_with("loses ")) continue;
        std::istringstream names(line.substr(6));
        for (std::string each; names >> each;) mutant.loses.insert(each);
    }
    while (at != std::string::npos) {
        const std::size_t begin = at + 1 + kReplace.size();
        at = text.find("\nreplace ", begin);
        mutant.changes.push_back(change_of(text.substr(begin, at == std::string::npos ? at : at + 1 - begin)));
    }
    if (mutant.story.empty() || mutant.loses.empty() || mutant.changes.empty())
        throw Error("a mutant has a story, what it loses, and changes");
    return mutant;
}

}  // namespace

std::vector<Mutant> Mutant::of(const Lab& lab) {
    std::vector<Mutant> mutants;
    for (const auto& entry : fs::directory_iterator(lab.folder / "mutants")) {
        try {
            mutants.push_back(parse(entry.path().filename(), read_file(entry.path())));
            for (const std::string& name : mutants.back().loses) lab.behaviour(name);
        } catch (const Error& error) { throw Error(entry.path().string() + ": " + error.what()); }
    }
    std::sort(mutants.begin(), mutants.end(), [](const Mutant& a, const Mutant& b) { return a.name < b.name; });
    return mutants;
}

void Mutant::write(const Lab& lab, const fs::path& folder) const {
    std::map<std::string, std::string> files;
    for (const std::string& file : lab.files()) files[file] = read_file(file);
    for (const Change& change : changes) {
        std::string& text = files.try_emplace(change.file, read_file(change.file)).first->second;
        const std::size_t at = text.find(change.from);
        if (at == std::string::npos || text.find(change.from, at + 1) != std::string::npos)
            throw Error(name + ": this must stand in " + change.file + " once: " + change.from);
        text.replace(at, change.from.size(), change.to);
    }
    for (const auto& [file, text] : files) write_file(folder / file, text);
}

}  // namespace grading
