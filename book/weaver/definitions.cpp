// SPDX-License-Identifier: MIT
/// @file
/// @brief Asking Universal Ctags, and finding names in its answer.
/// @chapter testing
#include "book/weaver/definitions.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "book/weaver/extent.h"
#include "book/weaver/json.h"

namespace weaver {
namespace {

std::string without_unnamed(const std::string& scope) {
    std::string result;
    for (std::string rest = scope; !rest.empty();) {
        const std::size_t end = rest.find("::");
        const std::string part = rest.substr(0, end);
        rest = end == std::string::npos ? "" : rest.substr(end + 2);
        if (!part.starts_with("__anon")) result += (result.empty() ? "" : "::") + part;
    }
    return result;
}

/// ctags' words for names that only help inside the thing they stand in.
bool is_worth_keeping(const SourceFile& file, const std::string& kind, int line) {
    if (kind == "parameter" || kind == "local" || kind == "header" || kind == "using") return false;
    // Local labels of assembly, .L and numbers, are reported without their dot.
    return file.language != Language::Assembly || kind != "label" || !trim(file.line(line)).starts_with(".");
}

std::string ctags_languages(const Tree& tree) {
    std::map<Language, std::string> names{{Language::Cpp, "C++"},   {Language::Assembly, "Asm"},
                                          {Language::Make, "Make"}, {Language::LinkerScript, "LdScript"},
                                          {Language::Shell, "Sh"},  {Language::Asl, "Asl"}};
    // One list of files for each language; `=` separates them.
    std::string result;
    for (const auto& [language, name] : names) {
        std::string files;
        for (const auto& [path, file] : tree.files()) {
            if (file.language == language && std::filesystem::is_regular_file(path)) files += path + "\n";
        }
        if (files.empty()) continue;
        result += output_of(
            {"ctags", "--quiet", "--options=NONE", "--langdef=Asl",
             R"(--regex-Asl=/^ *(Device|Scope|Method|DefinitionBlock|Name) *\("?\\?([A-Z_0-9]+)/\2/d,definition/)",
             "--language-force=" + name, "--output-format=json", "--fields=+neKSZ", "--kinds-C++=+px-l", "--sort=no",
             "-L", "-", "-o", "-"},
            files);
    }
    return result;
}

std::size_t depth_of(const std::string& name) {
    std::size_t depth = 0;
    for (std::size_t at = name.find("::"); at != std::string::npos; at = name.find("::", at + 2)) ++depth;
    return depth;
}

bool is_declaration(const Definition& definition) {
    return definition.kind == "prototype" || definition.kind == "externvar";
}

}  // namespace

std::string Definition::last_word() const {
    const std::size_t at = name.rfind("::");
    return at == std::string::npos ? name : name.substr(at + 2);
}

bool names(const std::string& full, const std::string& name) {
    return full == name || (full.size() > name.size() + 2 && full.ends_with(name) &&
                            full.compare(full.size() - name.size() - 2, 2, "::") == 0);
}

Definitions::Definitions(const Tree& tree) {
    for (const std::string& answer : split_lines(ctags_languages(tree))) {
        const auto tag = read_json_object(answer);
        const auto field = [&](const char* key) { return tag.contains(key) ? tag.at(key) : std::string(); };
        const SourceFile* file = tree.find(field("path"));
        if (!file || field("line").empty()) continue;
        const int line = std::stoi(field("line"));
        if (line < 1 || line > file->last_line() || !is_worth_keeping(*file, field("kind"), line)) continue;
        const int end = field("end").empty() ? 0 : std::stoi(field("end"));
        Definition found;
        found.scope = without_unnamed(field("scope"));
        found.name = (found.scope.empty() ? "" : found.scope + "::") + field("name");
        if (field("name").starts_with("__anon")) continue;
        found.kind = field("kind");
        found.file = file;
        found.line = line;
        found.range = extent_of(*file, line, found.kind == "enumerator" ? line : end);
        by_file_[file->path].push_back(found);
    }
    for (auto& [path, definitions] : by_file_) {
        std::stable_sort(definitions.begin(), definitions.end(),
                         [](const Definition& a, const Definition& b) { return a.line < b.line; });
        for (const Definition& definition : definitions) by_word_[definition.last_word()].push_back(&definition);
    }
    for (auto& [word, found] : by_word_) {
        std::sort(found.begin(), found.end(), [](const Definition* a, const Definition* b) {
            return std::pair(a->file->path, a->line) < std::pair(b->file->path, b->line);
        });
    }
}

const std::vector<Definition>& Definitions::in(const std::string& path) const {
    static const std::vector<Definition> none;
    const auto found = by_file_.find(path);
    return found == by_file_.end() ? none : found->second;
}

const std::vector<const Definition*>& Definitions::called(const std::string& word) const {
    static const std::vector<const Definition*> none;
    const auto found = by_word_.find(word);
    return found == by_word_.end() ? none : found->second;
}

std::vector<const Definition*> Definitions::find(const SourceFile& file, const std::string& name) const {
    std::vector<const Definition*> matches;
    std::size_t depth = std::string::npos;
    bool has_body = false;
    for (const Definition& definition : in(file.path)) {
        if (!names(definition.name, name)) continue;
        depth = std::min(depth, depth_of(definition.name));
        matches.push_back(&definition);
    }
    std::erase_if(matches, [&](const Definition* match) { return depth_of(match->name) != depth; });
    for (const Definition* match : matches) has_body = has_body || !is_declaration(*match);
    if (has_body) std::erase_if(matches, [](const Definition* match) { return is_declaration(*match); });
    std::set<std::string> meanings;
    for (const Definition* match : matches) meanings.insert(match->name);
    if (matches.empty()) throw std::runtime_error(file.path + " defines no " + name);
    if (meanings.size() > 1) {
        throw std::runtime_error(name + " means several things in " + file.path + ": " +
                                 join(Lines(meanings.begin(), meanings.end()), ", "));
    }
    return matches;
}

const Definition* Definitions::find(const std::string& name) const {
    const Definition* best = nullptr;
    const auto rank = [](const Definition& definition) {
        return std::tuple(!is_woven(definition.file->path), is_declaration(definition), depth_of(definition.name));
    };
    const std::size_t at = name.rfind("::");
    for (const Definition* match : called(at == std::string::npos ? name : name.substr(at + 2))) {
        if (names(match->name, name) && (!best || rank(*match) < rank(*best))) best = match;
    }
    return best;
}

}  // namespace weaver
