// SPDX-License-Identifier: MIT
/// @file
/// @brief Tests of what the window is arranged and driven by: layouts, keys, and commands that come piece by piece.
/// @chapter testing
#include <gtest/gtest.h>
#include <unistd.h>

#include "debugger-ui/app/command_feed.h"
#include "debugger-ui/rsp/file.h"
#include "debugger-ui/views/input.h"
#include "debugger-ui/views/layout.h"

namespace debugger {
namespace {

usize views_of(const Layout& layout) {
    usize count = 0;
    for (const Pane& pane : layout.panes) count += pane.views.size();
    return count;
}

TEST(Layout, KeepsEveryViewInOnePane) {
    Layout layout = layouts().front().make();
    EXPECT_EQ(views_of(layout), kViews);
    layout.move(View::Pair, PanePlace::LowerRight);
    EXPECT_TRUE(layout.is_in_front(View::Pair));
    EXPECT_EQ(layout.text_of(PanePlace::LowerRight), "*pair");
    EXPECT_EQ(views_of(layout), kViews);
    // The views that a pane gives up go below.
    EXPECT_TRUE(layout.set(PanePlace::LowerRight, "log *exits"));
    EXPECT_EQ(layout.text_of(PanePlace::LowerRight), "log *exits");
    EXPECT_EQ(views_of(layout), kViews);
    layout.show(View::Pair);
    EXPECT_TRUE(layout.is_in_front(View::Pair));
}

TEST(Layout, RefusesWhatIsNoViewAndChangesNothing) {
    Layout layout = layouts().front().make();
    const Layout before = layout;
    EXPECT_FALSE(layout.set(PanePlace::Left, "pair nonsense"));
    EXPECT_EQ(layout, before);
    EXPECT_TRUE(layout.set(PanePlace::Left, "pair pair *pair"));
    EXPECT_EQ(layout.text_of(PanePlace::Left), "*pair");
    EXPECT_EQ(views_of(layout), kViews);
}

TEST(Layout, ReadsWhatItWrites) {
    for (const NamedLayout& named : layouts()) {
        const Layout made = named.make();
        Layout again = layouts().front().make();
        for (usize place = 0; place < kPanes; ++place)
            EXPECT_TRUE(again.set(static_cast<PanePlace>(place), made.text_of(static_cast<PanePlace>(place))));
        EXPECT_EQ(again, made) << named.name;
    }
    EXPECT_NE(layout_called("lab11"), nullptr);
    EXPECT_EQ(layout_called("lab12"), nullptr);
}

TEST(Keys, AreWhatATerminalSends) {
    const auto bytes = [](const char* name) { return terminal_bytes(keystroke_from(name).value()); };
    EXPECT_EQ(bytes("x"), "x");
    EXPECT_EQ(bytes("ctrl+c"), "\x03");
    EXPECT_EQ(bytes("ctrl+]"), "\x1d");
    EXPECT_EQ(bytes("enter"), "\r");
    EXPECT_EQ(bytes("backspace"), "\x7f");
    EXPECT_EQ(bytes("up"), "\x1b[A");
    EXPECT_EQ(bytes("space"), " ");
    EXPECT_EQ(bytes("ctrl+1"), "");
    EXPECT_EQ(keystroke_from("shift+f11"), (Keystroke{Key::F11, 0, false, true}));
    EXPECT_EQ(keystroke_from("hyper"), std::nullopt);
    EXPECT_EQ(keystroke_from(""), std::nullopt);
}

TEST(CommandFeed, GivesWholeLinesAndNeverWaits) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const machine::File reader(ends[0]);
    machine::File writer(ends[1]);
    CommandFeed feed(reader.get());
    EXPECT_EQ(feed.next(), std::nullopt);
    ASSERT_EQ(::write(writer.get(), "one\ntw", 6), 6);
    EXPECT_EQ(feed.next(), "one");
    EXPECT_EQ(feed.next(), std::nullopt);
    ASSERT_EQ(::write(writer.get(), "o\n\nthree", 8), 8);
    EXPECT_EQ(feed.next(), "two");
    EXPECT_EQ(feed.next(), "");
    EXPECT_EQ(feed.next(), std::nullopt);
    EXPECT_TRUE(feed.is_open());
    writer = machine::File();
    EXPECT_EQ(feed.next(), "three");
    EXPECT_EQ(feed.next(), std::nullopt);
    EXPECT_FALSE(feed.is_open());
}

}  // namespace
}  // namespace debugger
