// SPDX-License-Identifier: MIT
/// @file
/// @brief The weaver's parts: extents, paragraphs, Markdown, colours, masks.
/// @chapter testing
#include <gtest/gtest.h>

#include "book/weaver/chapter.h"
#include "book/weaver/extent.h"
#include "book/weaver/figures.h"
#include "book/weaver/highlight.h"
#include "book/weaver/json.h"
#include "book/weaver/regions.h"
#include "book/weaver/transcript.h"

namespace weaver {
namespace {

const SourceFile& file(const Tree& tree) { return tree.files().begin()->second; }
Tree tree_of(const std::string& name, const std::string& text) {
    return Tree(std::map<std::string, std::string>{{name, text}});
}
std::string text_of(const Range& range) {
    return range.begin == 0 ? "nothing" : std::to_string(range.begin) + "-" + std::to_string(range.end);
}

TEST(Extent, OfADefinitionHasItsCommentItsTemplateAndItsProofs) {
    const Tree tree = tree_of("a.h",
                              "int before;\n"
                              "/// Says what.\n"
                              "template <class T>\n"
                              "struct Pair {\n"
                              "    T first;\n"
                              "};\n"
                              "static_assert(sizeof(Pair<int>) ==\n"
                              "              4);\n"
                              "int after;\n");
    EXPECT_EQ(text_of(extent_of(file(tree), 4, 6)), "2-8");
    EXPECT_EQ(text_of(extent_of(file(tree), 9, 9)), "9-9");
}

TEST(Extent, OfAStructureHasTheVariableBehindIt) {
    const Tree tree =
        tree_of("a.h", "constexpr struct Fixed {\n    int a;\n} kFixed[] = {\n    {1},\n};\nint other;\n");
    EXPECT_EQ(text_of(extent_of(file(tree), 1, 3)), "1-5");
}

TEST(Extent, OfALabelGoesToTheNextRoutine) {
    const Tree tree = tree_of(
        "a.S",
        "// One.\n    .globl one\none:\n    nop\n\n    // Still one.\n1:  jmp 1b\n\n    .code64\ntwo:\n    ret\n");
    EXPECT_EQ(text_of(extent_of(file(tree), 3, 0)), "1-7");
    EXPECT_EQ(text_of(extent_of(file(tree), 10, 0)), "9-11");
}

TEST(Extent, OfAParagraphEndsWithTheBlock) {
    const Tree tree = tree_of("a.cpp",
                              "void f() {\n"
                              "    // First this happens,\n"
                              "    // and at length.\n"
                              "    one();\n"
                              "    if (x) {\n"
                              "        // Then that.\n"
                              "        two();\n"
                              "    }\n"
                              "}\n");
    const Range all{1, 9};
    EXPECT_EQ(text_of(paragraph_of(file(tree), all, "First this happens, and at")), "2-8");
    EXPECT_EQ(text_of(paragraph_of(file(tree), all, "Then that")), "6-7");
    EXPECT_EQ(text_of(paragraph_of(file(tree), all, "and at length")), "nothing");
}

TEST(Directive, HasThreeForms) {
    EXPECT_EQ(parse_directive("kernel/a.cpp").path, "kernel/a.cpp");
    const Directive named = parse_directive("kernel/a.cpp: A::b");
    EXPECT_EQ(named.name, "A::b");
    EXPECT_EQ(named.paragraph, "");
    const Directive paragraph = parse_directive("kernel/a.cpp: A::b \"Making it\"");
    EXPECT_EQ(paragraph.name, "A::b");
    EXPECT_EQ(paragraph.paragraph, "Making it");
    EXPECT_EQ(parse_directive("kernel/a.mk \"Linked twice\"").paragraph, "Linked twice");
    EXPECT_EQ(parse_directive("kernel/a.cpp: operator new").name, "operator new");
    EXPECT_THROW(parse_directive("kernel/a.cpp: A \"open"), std::runtime_error);
}

TEST(Markdown, IsCutIntoBlocks) {
    const auto blocks = parse_markdown(
        "# Title\n\nA line\nand more.\n\n- one\n  {{kernel/a.cpp}}\n- two\n\n1. first\n\n   still first\n2. "
        "second\n\n```transcript cpus=2\n$ true\n```\n"
        "| a | b |\n| - | - |\n{{kernel/b.cpp: c}}\n");
    ASSERT_EQ(blocks.size(), 7u);
    EXPECT_EQ(blocks[0].level, 1);
    EXPECT_EQ(blocks[1].text, "A line\nand more.");
    ASSERT_EQ(blocks[2].items.size(), 2u);
    ASSERT_EQ(blocks[2].items[0].size(), 2u);
    EXPECT_EQ(blocks[2].items[0][1].text, "kernel/a.cpp");
    EXPECT_EQ(blocks[2].items[0][1].line, 7);
    ASSERT_TRUE(blocks[3].ordered);
    ASSERT_EQ(blocks[3].items.size(), 2u);
    EXPECT_EQ(blocks[3].items[0].size(), 2u);
    EXPECT_EQ(fence_rest(blocks[4]), "cpus=2");
    EXPECT_EQ(blocks[5].lines.size(), 2u);
    EXPECT_EQ(blocks[6].text, "kernel/b.cpp: c");
}

TEST(Highlighter, KnowsCommentsStringsAndWords) {
    Highlighter cpp(Language::Cpp);
    std::string kinds;
    for (const Token& token : cpp.tokens("if (a) { b(\"c // d\"); }  // e"))
        kinds += css_class(token.kind) + (token.kind == Token::Kind::Word ? "w" : "");
    EXPECT_EQ(kinds, "kwwsc");
    EXPECT_EQ(cpp.tokens("x /* opens").back().text, "/* opens");
    EXPECT_EQ(cpp.tokens("still */ y").front().text, "still */");
    Highlighter assembly(Language::Assembly);
    EXPECT_EQ(assembly.tokens("    movq %rax, there").at(1).kind, Token::Kind::Instruction);
    EXPECT_EQ(assembly.tokens("    PUSH_REGISTERS").at(1).kind, Token::Kind::Word);
    std::string together;
    for (const Token& token : cpp.tokens("u64 a = 1'000'000ULL << b[2];")) together += token.text;
    EXPECT_EQ(together, "u64 a = 1'000'000ULL << b[2];");
}

TEST(Transcript, MasksFitAnyTextAndAnyLines) {
    std::string difference;
    EXPECT_TRUE(matches({"a … b", "…", "end"}, {"a 1 b", "x", "y", "end"}, difference));
    EXPECT_TRUE(matches({"…"}, {}, difference));
    EXPECT_TRUE(matches({"…b…"}, {"abbc"}, difference));
    EXPECT_FALSE(matches({"a … b", "end"}, {"a 1 c", "end"}, difference));
    EXPECT_EQ(difference, "expected: a … b\nbut came: a 1 c");
    EXPECT_FALSE(matches({"a"}, {"a", "b"}, difference));
}

TEST(Transcript, IsCutByPrompts) {
    Block fence;
    fence.kind = Block::Kind::Fence;
    fence.text = "experiment none cpus=2";
    fence.line = 10;
    fence.lines = {"remove kernel/a.cpp: x = 1;", "", "twain:~# uname", "Linux", "$ true"};
    const Transcript parsed = parse_transcript(fence);
    EXPECT_EQ(parsed.name, "none");
    EXPECT_EQ(parsed.attributes.at("cpus"), "2");
    ASSERT_EQ(parsed.commands.size(), 2u);
    EXPECT_EQ(parsed.commands[0].expected, Lines{"Linux"});
    EXPECT_EQ(parsed.commands[0].line, 13);
    EXPECT_EQ(with_change(parsed.changes[0], {"a", "  x = 1;", "b"}), (Lines{"a", "b"}));
    fence.lines = {"Linux"};
    fence.text = "transcript";
    EXPECT_THROW(parse_transcript(fence), std::runtime_error);
}

TEST(Figures, DrawRegistersWithoutGaps) {
    Problems problems;
    EXPECT_NE(bits_svg({"31:12 frame", "11:0 flags"}, {"a", 1}, problems).find(">frame</text>"), std::string::npos);
    EXPECT_TRUE(problems.none());
    EXPECT_EQ(bits_svg({"31:12 frame", "10:0 flags"}, {"a", 1}, problems), "");
    EXPECT_EQ(problems.all().size(), 1u);
}

TEST(Json, IsReadAsCtagsWritesIt) {
    const auto members = read_json_object(R"({"_type": "tag", "name": "a\"b", "line": 12, "file": true})");
    EXPECT_EQ(members.at("name"), "a\"b");
    EXPECT_EQ(members.at("line"), "12");
    EXPECT_EQ(json_string("a\"\\\n"), "\"a\\\"\\\\\\u000a\"");
    EXPECT_THROW(read_json_object("[1]"), std::runtime_error);
}

}  // namespace
}  // namespace weaver
