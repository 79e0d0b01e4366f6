// SPDX-License-Identifier: MIT
/// @file
/// @brief The little book's text.
/// @chapter testing
#include "tests/book/fixture.h"

#include <gtest/gtest.h>

#include "book/weaver/text.h"
#include "tests/machine/machine.h"

namespace proof {
namespace {

const std::pair<const char*, const char*> kFiles[] = {
    {"book/contents", "part I The machine\n00-preface Preface\n01-machine The machine\n02-booting Booting\n"},
    {"book/manuals.md", "# Manuals\n\n## sdm The manual, one edition\n\n- **Control Registers** section 2.5\n"},
    {"book/glossary.md", "# Glossary\n\n- **frame** 4 KiB.\n"},
    {"book/figures/one.svg", "<svg viewBox=\"0 0 100 20\"><text class=\"text\" x=\"1\" y=\"15\">a</text></svg>\n"},
    {kSource,
     "// SPDX-License-Identifier: MIT\n"
     "/// @file\n"
     "/// @brief Starts.\n"
     "/// @chapter booting\n"
     "#include \"lib/types.h\"\n"
     "\n"
     "/// Where it begins. @sdm{Control Registers, 2.5}\n"
     "struct Start {\n"
     "    int at = 0;\n"
     "};\n"
     "static_assert(sizeof(Start) == 4);\n"
     "\n"
     "/// Adds.\n"
     "int add(int a, int b) {\n"
     "    // First the sum is made.\n"
     "    int sum = a + b;\n"
     "\n"
     "    // Then it is given back.\n"
     "    return sum;\n"
     "}\n"},
    {"kernel/boot/enter.S",
     "    .text\n"
     "// Enters.\n"
     "    .globl enter\n"
     "enter:\n"
     "    cli\n"
     "\n"
     "    // Then it stops.\n"
     "    hlt\n"
     "\n"
     "leave:\n"
     "    ret\n"},
    {kChapter,
     "# Booting\n"
     "\n"
     "It starts in `Start`, in `kernel/boot/start.cpp`, by `add()`; see {{sdm: Control Registers, 2.5}} and "
     "[below](@booting#the-sum).\n"
     "\n"
     "![One](figures/one.svg)\n"
     "\n"
     "{{kernel/boot/start.cpp: Start}}\n"
     "\n"
     "## The sum\n"
     "\n"
     "{{kernel/boot/start.cpp: add \"First the sum\"}}\n"
     "\n"
     "{{kernel/boot/start.cpp: add}}\n"
     "\n"
     "{{kernel/boot/start.cpp}}\n"
     "\n"
     "- {{kernel/boot/enter.S: enter}}\n"
     "\n"
     "{{kernel/boot/enter.S}}\n"
     "\n"
     "```transcript\n"
     "$ printf 'one\\n%s\\n' 24\n"
     "one\n"
     "2…\n"
     "```\n"
     "\n"
     "```experiment no-sum\n"
     "replace kernel/boot/start.cpp: int sum = a + b; => int sum = a;\n"
     "\n"
     "$ grep -c 'int sum = a;' kernel/boot/start.cpp\n"
     "1\n"
     "```\n"
     "\n"
     "## Exercises\n"
     "\n"
     "1. Why?\n"
     "2. How?\n"
     "3. When?\n"},
    {"book/answers/02-booting.md", "# Answers\n\n1. Because.\n2. So.\n3. Now.\n"},
};

}  // namespace

Answer run_in(const std::filesystem::path& folder, const std::string& command) {
    const std::string said = weaver::output_of(
        {"sh", "-c", "cd '" + folder.string() + "' && { " + command + "; } 2>&1; echo \"status $?\""});
    const std::size_t at = said.rfind("status ");
    return {std::stoi(said.substr(at + 7)), said.substr(0, at)};
}

LittleBook::LittleBook() : build_(std::filesystem::absolute(machine::build_directory())) {
    weaver::output_of({"git", "init", "-q", directory_.path().string()});
    std::filesystem::create_directories(directory_.path() / "build" / "tests");
    for (const auto& [path, text] : kFiles) write(path, text);
}

std::string LittleBook::read(const std::string& path) const { return weaver::read_file(directory_.path() / path); }

void LittleBook::write(const std::string& path, const std::string& text) {
    weaver::write_file(directory_.path() / path, text);
    weaver::output_of({"git", "-C", directory_.path().string(), "add", path});
}

void LittleBook::replace(const std::string& path, const std::string& from, const std::string& to) {
    std::string text = read(path);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write(path, text.replace(at, from.size(), to));
}

void LittleBook::remove(const std::string& path) {
    weaver::output_of({"git", "-C", directory_.path().string(), "rm", "-qf", path});
}

Answer LittleBook::run(const std::string& program, const std::vector<std::string>& arguments) const {
    std::string command = "unset BUILD && '" + (build_ / program).string() + "'";
    for (const std::string& argument : arguments) command += " '" + argument + "'";
    return run_in(directory_.path(), command);
}

}  // namespace proof
