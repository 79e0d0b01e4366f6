// SPDX-License-Identifier: MIT
/// @file
/// @brief The path walk: dots, links, slashes, mounts, limits; and the way back from a place to its path.
/// @chapter testing
#include "fs/tmpfs.h"
#include "host_files.h"

using namespace host_files;

namespace {

/// What a walk from `start` finds: the path of a directory, or "file:" and the number of anything else, or the errno.
class Paths : public testing::Test {
   protected:
    void SetUp() override {
        root = new_root();
        for (const char* path : {"/a", "/a/b", "/a/b/c", "/m"}) make_directory(root, path);
        file = make_file(root, "/a/f", "text");
        make_link(root, "/to_b", "a/b");
        make_link(root, "/a/up", "..");
        make_link(root, "/a/b/abs", "/a/f");
        make_link(root, "/loop1", "loop2");
        make_link(root, "/loop2", "loop1");
        make_link(root, "/dangling", "a/new");
        make_link(root, "/slash", "a/f/");
    }
    int walk_code(std::string_view path, LastLink last = LastLink::Follow) {
        return code_of(walk({root, root}, path, last));
    }
    std::string walk_directory(std::string_view path, const Place& start) {
        auto place = walk({root, start}, path, LastLink::Follow);
        if (!place.ok()) return "error " + std::to_string(place.error().code);
        auto text = path_of_directory(*place, root);
        return text.ok() ? std::string(text->view()) : "error " + std::to_string(text.error().code);
    }
    Place at(std::string_view path) {
        auto place = walk({root, root}, path, LastLink::Keep);
        EXPECT_TRUE(place.ok()) << path;
        return *place;
    }
    Place root;
    Ref<Inode> file;
};

TEST_F(Paths, NamesAndDots) {
    EXPECT_EQ(walk_directory("/", root), "/");
    EXPECT_EQ(walk_directory("////", root), "/");
    EXPECT_EQ(walk_directory("/a//b/./c/", root), "/a/b/c");
    EXPECT_EQ(walk_directory("..", at("/a/b/c")), "/a/b");
    EXPECT_EQ(walk_directory("../../../../..", at("/a/b/c")), "/");
    EXPECT_EQ(walk_directory(".", at("/a/b")), "/a/b");
    EXPECT_EQ(walk_directory("../b/../b/c", at("/a/b")), "/a/b/c");
    EXPECT_EQ(at("/a/f").inode, file);
}

TEST_F(Paths, Errors) {
    EXPECT_EQ(walk_code(""), -ENOENT);
    EXPECT_EQ(walk_code("/none"), -ENOENT);
    EXPECT_EQ(walk_code("/none/below"), -ENOENT);
    EXPECT_EQ(walk_code("/a/f/x"), -ENOTDIR);
    EXPECT_EQ(walk_code("/a/f/"), -ENOTDIR);
    EXPECT_EQ(walk_code("/a/f/."), -ENOTDIR);
    EXPECT_EQ(walk_code("/a/f/.."), -ENOTDIR);
    EXPECT_EQ(walk_code("/" + std::string(kMaxName, 'n')), -ENOENT);
    EXPECT_EQ(walk_code("/" + std::string(kMaxName + 1, 'n')), -ENAMETOOLONG);
    EXPECT_EQ(walk_code(std::string(kMaxPath - 1, '/')), 0);
    EXPECT_EQ(walk_code(std::string(kMaxPath, '/')), -ENAMETOOLONG);
}

TEST_F(Paths, Links) {
    EXPECT_EQ(walk_directory("/to_b/c", root), "/a/b/c");
    EXPECT_EQ(walk_directory("/to_b/..", root), "/a") << "the parent of where the link leads";
    EXPECT_EQ(walk_directory("/a/up/a/up/a/b", root), "/a/b");
    EXPECT_EQ(walk({root, root}, "/a/b/abs", LastLink::Follow)->inode, file);
    EXPECT_EQ(at("/to_b").inode->type(), FileType::Symlink);
    EXPECT_EQ(walk({root, root}, "/to_b/", LastLink::Keep)->inode->type(), FileType::Directory) << "a slash follows";
    EXPECT_EQ(walk_code("/loop1"), -ELOOP);
    EXPECT_EQ(walk_code("/loop1", LastLink::Keep), 0);
    EXPECT_EQ(walk_code("/loop1/x", LastLink::Keep), -ELOOP);
    EXPECT_EQ(walk_code("/dangling"), -ENOENT);
    EXPECT_EQ(walk_code("/slash"), -ENOTDIR);
}

TEST_F(Paths, FortyLinksAreFollowedAndNoMore) {
    make_link(root, "/l0", "a/f");
    for (int i = 1; i <= 41; ++i) make_link(root, "/l" + std::to_string(i), "l" + std::to_string(i - 1));
    EXPECT_EQ(walk_code("/l39"), 0);
    EXPECT_EQ(walk_code("/l40"), -ELOOP);
}

TEST_F(Paths, LastNames) {
    const auto last = [&](std::string_view path) { return walk_to_parent({root, root}, path); };
    EXPECT_EQ(last("/a/new")->name.view(), "new");
    EXPECT_EQ(last("/a/new")->directory, at("/a"));
    EXPECT_TRUE(last("/a/new//")->must_be_directory);
    EXPECT_TRUE(last("/")->name.empty());
    EXPECT_EQ(last("/a/.")->name.view(), ".");
    EXPECT_EQ(last("/a/b/..")->name.view(), "..");
    EXPECT_EQ(last("/to_b/x")->directory, at("/a/b"));
    EXPECT_EQ(code_of(last("/a/f/x")), -ENOTDIR);
}

TEST_F(Paths, OpeningGoesThroughDanglingLinks) {
    auto found = walk_to_open({root, root}, "/dangling", LastLink::Follow);
    ASSERT_TRUE(found.ok());
    EXPECT_FALSE(found->place);
    EXPECT_EQ(found->last.name.view(), "new");
    EXPECT_EQ(found->last.directory, at("/a"));
    auto file_made = open_file({root, root}, "/dangling", open_flag::kCreate | open_flag::kReadWrite, 0600);
    ASSERT_TRUE(file_made.ok());
    EXPECT_EQ((*file_made)->path(root)->view(), "/a/new");
    const auto code = [&](std::string_view path, u32 flags) {
        return code_of(open_file({root, root}, path, flags, 0600));
    };
    EXPECT_EQ(code("/dangling", open_flag::kCreate | open_flag::kExclusive), -EEXIST);
    EXPECT_EQ(code("/to_b", open_flag::kNoFollow), -ELOOP);
    EXPECT_EQ(code("/a/f", open_flag::kDirectory), -ENOTDIR);
    EXPECT_EQ(code("/a", open_flag::kWriteOnly), -EISDIR);
    EXPECT_EQ(code("/a/newer/", open_flag::kCreate), -EISDIR);
}

TEST_F(Paths, Mounts) {
    auto tree = Tmpfs::create();
    Place mounted = *mounts::mount({*tree, "x", "rw"}, at("/m"));
    make_directory(mounted, "/inside");
    EXPECT_EQ(walk_directory("/m/inside", root), "/m/inside");
    EXPECT_EQ(walk_directory("/m/inside/../..", root), "/");
    EXPECT_EQ(walk_directory("/m/..", root), "/");
    EXPECT_EQ(code_of(root.inode->remove_directory("m")), -EBUSY);
    EXPECT_EQ(code_of(mounts::unmount(at("/a"))), -EINVAL);
    EXPECT_EQ(code_of(mounts::unmount(at("/m"))), -EBUSY) << "the test stands in it";
    mounted = Place();
    EXPECT_EQ(code_of(mounts::unmount(at("/m"))), 0);
    EXPECT_TRUE(names(*at("/m").inode).empty());
    EXPECT_TRUE(names(**tree).empty()) << "nothing of it is left behind";
    EXPECT_EQ(code_of(root.inode->remove_directory("m")), 0);
}

TEST_F(Paths, AnotherRoot) {
    const Place jail = at("/a");
    EXPECT_EQ(walk({jail, jail}, "/../../f", LastLink::Follow)->inode, file);
    EXPECT_EQ(path_of_directory(at("/a/b"), jail)->view(), "/b");
    EXPECT_EQ(path_of_directory(root, jail)->view(), "(unreachable)/");
    EXPECT_EQ(path_of_directory(at("/m"), jail)->view(), "(unreachable)/m");
}

TEST_F(Paths, ARemovedDirectoryHasNoPath) {
    const Place c = at("/a/b/c");
    ASSERT_TRUE(at("/a/b").inode->remove_directory("c").ok());
    EXPECT_EQ(code_of(path_of_directory(c, root)), -ENOENT);
    EXPECT_EQ(code_of(c.inode->create("x", {})), -ENOENT);
    EXPECT_EQ(parent_of(c, root), at("/a/b"));
}

}  // namespace
