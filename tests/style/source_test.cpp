// SPDX-License-Identifier: MIT
/// @file
/// @brief Tests of the reader that the style gates rely on.
/// @chapter testing
#include "tests/style/source.h"

#include <gtest/gtest.h>

namespace style {
namespace {

std::vector<int> function_lengths(std::string_view text) {
    std::vector<int> lengths;
    for (const Function& function : Source("x.cpp", text).functions()) lengths.push_back(function.lines());
    return lengths;
}

TEST(Source, CountsNeitherBlankLinesNorComments) {
    EXPECT_EQ(Source("x", "// a\n\n/* b\n c */\nint d;  // e\n  \nint f; /* g\n*/\n").code_lines(), 2);
}

TEST(Source, DoesNotTakeCommentsOutOfLiterals) {
    const Source source("x", "auto a = \"// no\"; char b = '\"'; auto c = \"\\\"/*\";\nint d = 1'000'000; int e;\n");
    EXPECT_EQ(source.code_lines(), 2);
    EXPECT_NE(source.code()[1].find("int e;"), std::string::npos);
    EXPECT_EQ(Source("x", "auto a = R\"x(\n// no\n)x\";\nint b;\n").code()[3], "int b;");
}

TEST(Source, FindsFreeAndMemberFunctions) {
    EXPECT_EQ(function_lengths("int f() {\n  if (x) {\n  }\n  return 1;\n}\n"
                               "struct S {\n  int g() const { return 2; }\n  int h;\n};\n"
                               "namespace n {\nvoid k(int a,\n       int b) {\n}\n}\n"),
              (std::vector<int>{5, 1, 3}));
}

TEST(Source, TakesOperatorsAndConstructorsButNotInitializers) {
    EXPECT_EQ(function_lengths("bool operator==(A a) {\n}\nA::A(int b) : b_(b) {\n}\n"), (std::vector<int>{2, 2}));
    EXPECT_EQ(function_lengths("const int kTable[] = {\n 1,\n};\nauto f = [](int x) {\n};\n"), std::vector<int>{});
    EXPECT_EQ(function_lengths("struct alignas(8192) Pair {\n int a;\n};\nenum class E { A };\n"), std::vector<int>{});
}

TEST(Source, IsNotConfusedByTheBracesOfMacros) {
    EXPECT_EQ(function_lengths("MAKE(a, \"b\")\nnamespace n {\nint f() {\n}\n}\n"), std::vector<int>{2});
    EXPECT_EQ(function_lengths("#define OPEN { \\\n  {\nint f() {\n}\n"), std::vector<int>{2});
}

TEST(Source, ListsQuotedIncludes) {
    EXPECT_EQ(Source("x", "#include \"lib/types.h\"\n#include <vector>\n// #include \"no.h\"\n").includes(),
              std::vector<std::string>{"lib/types.h"});
}

}  // namespace
}  // namespace style
