// SPDX-License-Identifier: MIT
/// @file
/// @brief Finding what a name means, and where the site shows that.
/// @chapter testing
#include "book/weaver/names.h"

#include <algorithm>
#include <set>

#include "book/weaver/pattern.h"

namespace weaver {
namespace {

/// The program that a file belongs to; those of one program see each other, and all see the kernel's interface.
std::string program_of(const std::string& path) { return path.substr(0, path.find('/')); }

bool visible_from(const std::string& user, const std::string& definer) {
    if (program_of(user) == program_of(definer) || definer.starts_with("kernel/abi/")) return true;
    if (program_of(user) == "vmm") return false;
    return program_of(user) != "kernel" && program_of(definer) != "tests";
}

bool is_lower(const std::string& word) {
    return !std::any_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_function(const Definition& definition) {
    return definition.kind == "function" || definition.kind == "prototype";
}

/// The one thing that all of them are, its body before its declarations; null where they are several.
const Definition* one_of(const std::vector<const Definition*>& candidates) {
    const Definition* best = nullptr;
    for (const Definition* candidate : candidates) {
        if (best && candidate->name != best->name) return nullptr;
        if (!best || (best->kind == "prototype" && candidate->kind != "prototype") || best->kind == "externvar")
            best = candidate;
    }
    return best;
}

}  // namespace

std::string chapter_page(const Chapter& chapter) { return "chapter-" + chapter.tag + ".html"; }
std::string source_page(const std::string& path) { return "source-" + slug(path) + ".html"; }

std::string Names::anchor(const std::string& path, int line) { return "at-" + slug(path) + "-" + std::to_string(line); }

bool Names::defines(const SourceFile& file, int line) const {
    const auto& all = definitions_.in(file.path);
    const auto found = std::lower_bound(all.begin(), all.end(), line, [](const Definition& definition, int wanted) {
        return definition.line < wanted;
    });
    return found != all.end() && found->line == line;
}

std::string Names::url(const std::string& path, int line) const {
    const SourceFile* file = tree_.find(path);
    const Region* region = file ? regions_.shown_by(path, line) : nullptr;
    if (region && defines(*file, line)) return chapter_page(*region->chapter) + "#" + anchor(path, line);
    return source_page(path) + "#L" + std::to_string(line);
}

std::string Names::url(const Definition& definition) const { return url(definition.file->path, definition.line); }

std::string Names::scope_at(const SourceFile& file, int line) const {
    const Definition* innermost = nullptr;
    for (const Definition& definition : definitions_.in(file.path)) {
        if (definition.range.contains(line) && (!innermost || innermost->range.contains(definition.range)))
            innermost = &definition;
    }
    return innermost ? innermost->name : "";
}

const Definition* Names::meaning(const Mention& mention) const {
    std::vector<const Definition*> candidates;
    for (const Definition* definition : definitions_.called(mention.word)) {
        if (!visible_from(mention.file->path, definition->file->path)) continue;
        // A name of an unnamed namespace or of an assembler's file is that file's own.
        if (definition->kind == "variable" && definition->scope.empty() && definition->file != mention.file &&
            is_lower(mention.word)) {
            continue;
        }
        candidates.push_back(definition);
    }
    if (candidates.empty()) return nullptr;
    const auto among = [&](const auto& fits) {
        std::vector<const Definition*> chosen;
        std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(chosen), fits);
        return one_of(chosen);
    };
    if (!mention.qualifier.empty()) {
        return among([&](const Definition* d) { return names(d->name, mention.qualifier + "::" + mention.word); });
    }
    // A small word that is not called is a parameter or a local more often than not; in assembly it is a symbol.
    const bool plain_variable = is_lower(mention.word) && !mention.called && !mention.word.ends_with('_') &&
                                mention.file->language == Language::Cpp;
    if (mention.through_object) {
        return among([&](const Definition* d) { return !d->scope.empty() && (is_function(*d) == mention.called); });
    }
    // From the inside out, as the compiler looks.
    for (std::string scope = scope_at(*mention.file, mention.line); !scope.empty();) {
        const Definition* found = among([&](const Definition* d) { return d->name == scope + "::" + mention.word; });
        if (found && (!plain_variable || found->kind == "variable")) return found;
        const std::size_t end = scope.rfind("::");
        scope = end == std::string::npos ? "" : scope.substr(0, end);
    }
    if (plain_variable || mention.word.ends_with('_')) {
        return among([&](const Definition* d) {
            return d->file == mention.file && (d->kind == "variable" || d->kind == "label");
        });
    }
    if (const Definition* here =
            among([&](const Definition* d) { return d->file == mention.file && d->kind != "member"; }))
        return here;
    if (const Definition* only = one_of(candidates)) return only->kind == "member" ? nullptr : only;
    return among([&](const Definition* d) { return d->scope.empty(); });
}

Names::Form Names::form_of(const std::string& code) {
    static const Pattern path(R"(^(kernel|vmm|debugger-ui|tests|labs|book)/[\w./-]*$)");
    static const Pattern name(R"(^~?[A-Za-z_]\w*(::~?[A-Za-z_]\w*)+(\(\))?$|^[A-Za-z_]\w*\(\)$)");
    if (path.matches(code)) return Form::Path;
    if (name.matches(code) && !code.starts_with("std::")) return Form::Name;
    return Form::Other;
}

std::optional<std::string> Names::resolve(const std::string& code) const {
    if (form_of(code) == Form::Path) {
        if (tree_.find(code)) return source_page(code);
        return tree_.has(code) ? std::optional<std::string>("sources.html") : std::nullopt;
    }
    std::string name = code;
    if (name.ends_with("()")) name.resize(name.size() - 2);
    const Definition* found = definitions_.find(name);
    return found ? std::optional(url(*found)) : std::nullopt;
}

}  // namespace weaver
