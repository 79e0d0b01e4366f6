// SPDX-License-Identifier: MIT
/// @file
/// @brief Each gate of the book, broken on purpose: the weaver and the provers must see it.
/// @chapter testing
#include <gtest/gtest.h>

#include "tests/book/fixture.h"
#include "tests/machine/machine.h"

namespace proof {
namespace {

/// Breaks one thing of a whole book, and expects the weaver to fail with these words.
void expect_seen(const std::string& path, const std::string& from, const std::string& to, const std::string& words) {
    LittleBook book;
    book.replace(path, from, to);
    const Answer answer = book.weave();
    EXPECT_EQ(answer.status, 1) << answer.said;
    EXPECT_TRUE(answer.says(words)) << "the weaver does not say: " << words << "\nbut:\n" << answer.said;
}

// The book itself: what is wrong with it, or what of the kernel and the VMM no chapter shows, fails the tests.
TEST(Book, ShowsEveryLineAndNamesNothingThatIsNot) {
    const Answer answer = run_in(".", machine::build_directory() + "/book/weaver --coverage");
    EXPECT_EQ(answer.status, 0) << answer.said;
    EXPECT_TRUE(answer.says("100.0 % of kernel/ and vmm/ is shown")) << answer.said;
}

TEST(Gates, ABookThatIsWholePasses) {
    const Answer answer = LittleBook().weave();
    EXPECT_EQ(answer.status, 0) << answer.said;
    EXPECT_TRUE(answer.says("100.0 %")) << answer.said;
}

TEST(Gates, SeeALineThatIsNotShown) {
    expect_seen(kChapter, "{{kernel/boot/start.cpp}}\n", "",
                "not shown: kernel/boot/start.cpp: 1-5 (@chapter booting)");
    expect_seen(kChapter, "{{kernel/boot/enter.S}}\n", "", "not shown: kernel/boot/enter.S: 10-11");
}

TEST(Gates, SeeAFileThatIsNotShown) {
    LittleBook book;
    book.write("vmm/etc/words", "one\n");
    const Answer answer = book.weave();
    EXPECT_EQ(answer.status, 1);
    EXPECT_TRUE(answer.says("not shown: vmm/etc/words: no line of it is shown")) << answer.said;
    EXPECT_FALSE(answer.says("100.0 %")) << answer.said;
}

TEST(Gates, SeeWhatIsShownTwice) {
    expect_seen(kChapter, "## The sum", "{{kernel/boot/start.cpp: Start}}\n\n## The sum", "are shown twice");
    expect_seen(kChapter, "## The sum", "{{kernel/boot/start.cpp}}\n\n## The sum", "are shown twice");
}

TEST(Gates, SeeNamesThatNothingHas) {
    expect_seen(kChapter, "start.cpp: Start}}", "start.cpp: Begin}}", "kernel/boot/start.cpp defines no Begin");
    expect_seen(kChapter, "{{kernel/boot/start.cpp: Start}}", "{{kernel/boot/begin.cpp: Start}}",
                "there is no file kernel/boot/begin.cpp");
    expect_seen(kChapter, "First the sum", "First of all", "opens with the comment \"First of all\"");
    expect_seen(kChapter, "`add()`", "`subtract()`", "nothing is called `subtract()`");
    expect_seen(kChapter, "`kernel/boot/start.cpp`", "`kernel/boot/begin.cpp`",
                "there is no file `kernel/boot/begin.cpp`");
    expect_seen(kSource, "int add(", "int sum_of(", "kernel/boot/start.cpp defines no add");
}

TEST(Gates, SeeCitationsAndCrossReferencesThatLeadNowhere) {
    expect_seen(kChapter, "sdm: Control Registers", "sdm: Uncontrolled Registers",
                "has no @sdm \"Uncontrolled Registers, 2.5\"");
    expect_seen(kSource, "@sdm{Control", "@sdm{Uncontrolled", "kernel/boot/start.cpp:7: book/manuals.md has no @sdm");
    expect_seen("book/manuals.md", "Control Registers", "Debug Registers",
                "kernel/boot/start.cpp:7: book/manuals.md has no @sdm");
    expect_seen(kChapter, "(@booting#the-sum)", "(@booting#the-difference)",
                "there is no section @booting#the-difference");
    expect_seen(kChapter, "(@booting#the-sum)", "(@shooting)", "there is no chapter @shooting");
    expect_seen(kChapter, "figures/one.svg", "figures/two.svg", "there is no figure book/figures/two.svg");
}

TEST(Gates, SeeChapterTagsThatAreStale) {
    expect_seen(kSource, "@chapter booting", "@chapter shooting", "@chapter shooting is no chapter of book/contents");
}

TEST(Gates, SeeExercisesWithoutAnswers) {
    expect_seen("book/answers/02-booting.md", "3. Now.\n", "", "3 exercises have 2 answers");
    expect_seen(kChapter, "3. When?\n", "", "2 exercises have 3 answers");
    expect_seen(kChapter, "## Exercises", "## Questions", "a chapter has at least three exercises");
}

TEST(Gates, SeeFiguresThatDarknessWouldHide) {
    expect_seen("book/figures/one.svg", "class=\"text\"", "fill=\"black\"", "the fixed colour black");
    expect_seen("book/figures/one.svg", "0 0 100 20", "0 0 900 20", "900 wide");
    expect_seen("book/figures/one.svg", "class=\"text\"", "font-size=\"9\"", "text of 9 px");
}

TEST(Gates, SeeExperimentsOnLinesThatAreGone) {
    expect_seen(kSource, "int sum = a + b;", "int sum = b + a;",
                "`int sum = a + b;` stands in no line of kernel/boot/start.cpp");
    expect_seen(kChapter, "replace kernel/boot/start.cpp: int sum = a + b; =>", "replace kernel/boot/start.cpp: sum =>",
                "stands in more than one line");
}

TEST(Transcripts, ComeOutAsTheBookSays) {
    const Answer answer = LittleBook().run("tests/book/transcripts", {});
    EXPECT_EQ(answer.status, 0) << answer.said;
    EXPECT_TRUE(answer.says("ok booting:21")) << answer.said;
}

TEST(Transcripts, SeeAnOutputThatIsAnother) {
    LittleBook book;
    book.replace(kChapter, "2…\n", "3…\n");
    const Answer answer = book.run("tests/book/transcripts", {"--chapter", "booting"});
    EXPECT_EQ(answer.status, 1) << answer.said;
    EXPECT_TRUE(answer.says("expected: 3…\nbut came: 24\n")) << answer.said;
    EXPECT_TRUE(answer.says("not ok booting:21")) << answer.said;
}

TEST(Transcripts, AreRewrittenWithTheirMasks) {
    LittleBook book;
    book.replace(kChapter, "\none\n2…\n", "\ntwo\n2…\nthree\n");
    EXPECT_EQ(book.run("tests/book/transcripts", {"--update"}).status, 0);
    EXPECT_NE(book.read(kChapter).find("24\none\n2…\n```"), std::string::npos) << book.read(kChapter);
    EXPECT_EQ(book.run("tests/book/transcripts", {}).status, 0);
    EXPECT_EQ(book.weave().status, 0);
}

TEST(Experiments, AreDoneInACopy) {
    LittleBook book;
    const std::string before = book.read(kSource);
    const Answer answer = book.run("tests/book/experiments", {});
    EXPECT_EQ(answer.status, 0) << answer.said;
    EXPECT_TRUE(answer.says("ok no-sum")) << answer.said;
    EXPECT_EQ(book.read(kSource), before);
    // And again: the copy was put back, or the text would not be found.
    const Answer again = book.run("tests/book/experiments", {"--name", "no-sum"});
    EXPECT_EQ(again.status, 0) << again.said;
}

TEST(Experiments, SeeAnotherOutcome) {
    LittleBook book;
    book.replace(kChapter, "start.cpp\n1\n", "start.cpp\n0\n");
    const Answer answer = book.run("tests/book/experiments", {});
    EXPECT_EQ(answer.status, 1) << answer.said;
    EXPECT_TRUE(answer.says("not ok no-sum")) << answer.said;
    EXPECT_EQ(book.run("tests/book/experiments", {"--name", "no-difference"}).status, 2);
}

}  // namespace
}  // namespace proof
