// SPDX-License-Identifier: MIT
/// @file
/// @brief Files in memory, against models: contents with holes, names that come, go and move; descriptors.
/// @chapter testing
#include <map>
#include <random>
#include <set>

#include "fs/file_table.h"
#include "fs/tmpfs.h"
#include "host_files.h"

using namespace host_files;

namespace {

std::string random_text(std::mt19937_64& random, usize bytes) {
    std::string text(bytes, ' ');
    for (char& c : text) c = static_cast<char>('a' + random() % 26);
    return text;
}

/// The model of a file is a string.
TEST(FileContents, RandomOperationsAgreeWithAString) {
    constexpr u64 kMax = 3 * kMiB;  // more than one level of the tree of pages
    for (u64 seed = 1; seed <= 20; ++seed) {
        std::mt19937_64 random(seed);
        const Place root = new_root();
        const Ref<Inode> file = make_file(root, "/file", "");
        std::string model;
        for (int step = 0; step < 300; ++step) {
            const u64 offset = random() % (random() % 4 == 0 ? kMax : model.size() + 5000);
            switch (random() % 5) {
            case 0:
            case 1: {
                const std::string text = random_text(random, random() % 10'000);
                KernelBuffer buffer = buffer_of(text);
                ASSERT_EQ(file->write_at(offset, buffer).value(), text.size());
                if (!text.empty() && model.size() < offset + text.size()) model.resize(offset + text.size());
                model.replace(offset, text.size(), text);
                break;
            }
            case 2: {
                ASSERT_TRUE(file->truncate(offset).ok());
                model.resize(offset);
                break;
            }
            default: {
                std::string got(random() % 20'000, '?');
                const u64 count = read_kernel(*file, offset, std::as_writable_bytes(std::span(got))).value();
                const std::string expected = offset < model.size() ? model.substr(offset, got.size()) : "";
                ASSERT_EQ(count, expected.size()) << "seed " << seed << " step " << step;
                ASSERT_EQ(got.substr(0, count), expected) << "seed " << seed << " step " << step;
            }
            }
            ASSERT_EQ(file->size(), model.size());
        }
        ASSERT_EQ(contents(*file), model);
    }
}

TEST(FileContents, HolesTakeNoMemory) {
    const Place root = new_root();
    const Ref<Inode> file = make_file(root, "/file", "");
    ASSERT_TRUE(file->truncate(1ULL << 40).ok());
    EXPECT_EQ(file->blocks(), 0u);
    KernelBuffer buffer = buffer_of("x");
    ASSERT_TRUE(file->write_at((1ULL << 40) - 1, buffer).ok());
    EXPECT_EQ(file->blocks(), 8u);
    const u64 free = frames::free_bytes();
    ASSERT_TRUE(file->truncate((1ULL << 40) - 1).ok());
    EXPECT_EQ(file->blocks(), 8u) << "the page still belongs to the file";
    ASSERT_TRUE(file->truncate(1ULL << 20).ok());
    EXPECT_EQ(file->blocks(), 0u);
    EXPECT_GT(frames::free_bytes(), free);
    EXPECT_EQ(code_of(file->truncate(1ULL << 60)), -EFBIG);
}

TEST(FileContents, GrowingAgainShowsZeros) {
    const Ref<Inode> file = make_file(new_root(), "/file", "secret");
    ASSERT_TRUE(file->truncate(2).ok());
    ASSERT_TRUE(file->truncate(6).ok());
    EXPECT_EQ(contents(*file), std::string("se\0\0\0\0", 6));
}

TEST(FileContents, PagesAreTheFilesOwn) {
    const Ref<Inode> file = make_file(new_root(), "/file", std::string(5000, 'a'));
    Result<FrameRef> page = file->page(1);
    ASSERT_TRUE(page.ok());
    page->data()[0] = std::byte{'Z'};
    EXPECT_EQ(contents(*file)[4096], 'Z');
    EXPECT_EQ(code_of(file->page(2)), -ENXIO);
}

TEST(FileContents, TheLimitIsKept) {
    auto tree = Tmpfs::create("tmpfs", 64 * kKiB);
    const Place root = *mounts::mount_root({*tree, "x", "rw"});
    const Ref<Inode> file = make_file(root, "/file", "");
    const std::string text(100'000, 'x');
    KernelBuffer buffer = buffer_of(text);
    EXPECT_EQ(file->write_at(0, buffer).value(), 64 * kKiB);
    KernelBuffer more = buffer_of(text);
    EXPECT_EQ(code_of(file->write_at(64 * kKiB, more)), -ENOSPC);
    EXPECT_EQ(root.inode->filesystem().status().free_blocks, 0u);
    ASSERT_TRUE(root.inode->unlink("file").ok());
    KernelBuffer other = buffer_of("y");
    EXPECT_EQ(code_of(file->write_at(1 << 20, other)), -ENOSPC) << "an open file keeps its pages";
    ASSERT_TRUE(file->truncate(0).ok());
    EXPECT_EQ(file->write_at(1 << 20, other).value(), 1u);
}

/// The model of a tree: paths, each with the number of the inode behind it and whether that is a directory.
class Model {
   public:
    struct Node {
        u64 number;
        bool directory;
    };
    std::map<std::string, Node> nodes;

    static std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }
    bool has_directory(const std::string& path) const {
        const auto at = nodes.find(path);
        return path.empty() || (at != nodes.end() && at->second.directory);
    }
    bool is_empty(const std::string& path) const {
        const auto next = nodes.upper_bound(path + "/");
        return next == nodes.end() || !next->first.starts_with(path + "/");
    }
    int rename(const std::string& from, const std::string& to) {
        const auto source = nodes.find(from);
        if (!has_directory(parent(from)) || !has_directory(parent(to)) || source == nodes.end()) return -ENOENT;
        if (source->second.directory && (to + "/").starts_with(from + "/") && to != from) return -EINVAL;
        const auto target = nodes.find(to);
        if (target != nodes.end() && target->second.number == source->second.number) return 0;
        if (target != nodes.end()) {
            if (source->second.directory && !target->second.directory) return -ENOTDIR;
            if (!source->second.directory && target->second.directory && (from + "/").starts_with(to + "/"))
                return -ENOTEMPTY;
            if (!source->second.directory && target->second.directory) return -EISDIR;
            if (target->second.directory && !is_empty(to)) return -ENOTEMPTY;
        }
        std::map<std::string, Node> moved;
        for (const auto& [path, node] : nodes) {
            if (path == to) continue;
            const bool inside = path == from || path.starts_with(from + "/");
            moved[inside ? to + path.substr(from.size()) : path] = node;
        }
        nodes = std::move(moved);
        return 0;
    }
};

class Names : public testing::TestWithParam<u64> {
   protected:
    /// One of few names in one of few places, so that operations meet.
    std::string random_path() {
        std::string path;
        do {
            path += std::string("/") + static_cast<char>('a' + random() % 4);
        } while (path.size() < 8 && random() % 2);
        return path;
    }
    /// The errno that a path's missing or wrong parent gives, or 0.
    int parent_code(const std::string& path) {
        for (usize slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
            const auto at = model.nodes.find(path.substr(0, slash));
            if (at == model.nodes.end()) return -ENOENT;
            if (!at->second.directory) return -ENOTDIR;
        }
        return 0;
    }
    void step();
    void compare(const Place& directory, const std::string& path, std::set<std::string>& seen);
    std::mt19937_64 random{GetParam()};
    Place root = new_root();
    Model model;
};

void Names::step() {
    const std::string path = random_path(), other = random_path();
    auto last = walk_to_parent({root, root}, path);
    if (!last.ok()) {
        ASSERT_EQ(code_of(last), parent_code(path)) << path;
        return;
    }
    ASSERT_EQ(parent_code(path), 0) << path;
    Inode& parent = *last->directory.inode;
    const std::string_view name = last->name.view();
    const auto there = model.nodes.find(path);
    const bool exists = there != model.nodes.end();
    switch (random() % 6) {
    case 0:
    case 1: {
        const FileType type = random() % 2 ? FileType::Directory : FileType::Regular;
        auto made = parent.create(name, {.type = type, .permissions = 0755});
        ASSERT_EQ(code_of(made), exists ? -EEXIST : 0) << path;
        if (made.ok()) model.nodes[path] = {(*made)->number(), type == FileType::Directory};
        break;
    }
    case 2: {
        const int expected = !exists ? -ENOENT : there->second.directory ? -EISDIR : 0;
        ASSERT_EQ(code_of(parent.unlink(name)), expected) << path;
        if (expected == 0) model.nodes.erase(path);
        break;
    }
    case 3: {
        const int expected = !exists                    ? -ENOENT
                             : !there->second.directory ? -ENOTDIR
                             : model.is_empty(path)     ? 0
                                                        : -ENOTEMPTY;
        ASSERT_EQ(code_of(parent.remove_directory(name)), expected) << path;
        if (expected == 0) model.nodes.erase(path);
        break;
    }
    default: {
        auto to = walk_to_parent({root, root}, other);
        if (!to.ok()) return;
        const int expected = model.rename(path, other);
        const int got = code_of(parent.rename(name, *to->directory.inode, to->name.view(), RenameMode::Replace));
        ASSERT_EQ(got, expected) << path << " to " << other;
    }
    }
}

/// Every name that is there is in the model with the same inode; directories know their place.
void Names::compare(const Place& directory, const std::string& path, std::set<std::string>& seen) {
    u32 subdirectories = 0;
    for (const std::string& name : names(*directory.inode)) {
        const std::string below = path + "/" + name;
        ASSERT_TRUE(seen.insert(below).second) << "twice: " << below;
        const Ref<Inode> inode = *directory.inode->lookup(name);
        ASSERT_TRUE(model.nodes.contains(below)) << below;
        ASSERT_EQ(model.nodes[below].number, inode->number()) << below;
        if (!inode->is_directory()) continue;
        ++subdirectories;
        const Place place(directory.mount, inode);
        ASSERT_EQ(path_of_directory(place, root)->view(), below);
        compare(place, below, seen);
    }
    ASSERT_EQ(directory.inode->status().attributes.links, 2 + subdirectories) << path;
}

TEST_P(Names, RandomOperationsAgreeWithAMapOfPaths) {
    for (int i = 0; i < 2000; ++i) {
        step();
        if (HasFatalFailure()) FAIL() << "step " << i;
        if (i % 20 != 0) continue;
        std::set<std::string> seen;
        compare(root, "", seen);
        if (HasFatalFailure()) FAIL() << "step " << i;
        ASSERT_EQ(seen.size(), model.nodes.size());
    }
}
INSTANTIATE_TEST_SUITE_P(Seeds, Names, testing::Range<u64>(1, 13));

TEST(Names, HardLinksShareAnInode) {
    const Place root = new_root();
    const Ref<Inode> file = make_file(root, "/a", "one");
    make_directory(root, "/d");
    ASSERT_TRUE(root.inode->link("b", *file).ok());
    EXPECT_EQ(file->status().attributes.links, 2u);
    EXPECT_EQ(code_of(root.inode->link("b", *file)), -EEXIST);
    EXPECT_EQ(code_of(root.inode->link("e", **root.inode->lookup("d"))), -EPERM);
    ASSERT_TRUE(root.inode->unlink("a").ok());
    EXPECT_EQ(contents(**root.inode->lookup("b")), "one");
    EXPECT_EQ(code_of(root.inode->rename("b", *root.inode, "c", RenameMode::NoReplace)), 0);
    EXPECT_EQ(file->status().attributes.links, 1u);
}

TEST(Names, ExchangeSwapsAFileAndADirectory) {
    const Place root = new_root();
    make_file(root, "/f", "x");
    make_directory(root, "/d");
    const Ref<Inode> inside = make_directory(root, "/d/sub");
    ASSERT_EQ(code_of(root.inode->rename("f", **root.inode->lookup("d"), "sub", RenameMode::Exchange)), 0);
    EXPECT_EQ(*root.inode->lookup("f"), inside);
    EXPECT_EQ(path_of_directory(Place(root.mount, inside), root)->view(), "/f");
    EXPECT_EQ(root.inode->status().attributes.links, 4u);
}

TEST(Names, ReadingADirectoryGoesOnWhileNamesGo) {
    const Place root = new_root();
    for (int i = 0; i < 500; ++i) make_file(root, "/file" + std::to_string(i), "");
    auto file = open_file({root, root}, "/", open_flag::kReadOnly | open_flag::kDirectory, 0);
    /// Takes seven names a time.
    struct Few final : DirectoryVisitor {
        Next visit(const Entry& entry) override {
            if (taken.size() == 7) return Next::Stop;
            taken.emplace_back(entry.name);
            return Next::Continue;
        }
        std::vector<std::string> taken;
    };
    std::set<std::string> seen;
    for (;;) {
        Few few;
        ASSERT_TRUE((*file)->read_entries(few).ok());
        if (few.taken.empty()) break;
        for (const std::string& name : few.taken) {
            EXPECT_TRUE(seen.insert(name).second) << name;
            const bool removed = name[0] == '.' || root.inode->unlink(name).ok();
            EXPECT_TRUE(removed) << name;
        }
    }
    EXPECT_EQ(seen.size(), 502u);
}

TEST(OpenFiles, PositionsAppendAndSeek) {
    const Place root = new_root();
    auto file = *open_file({root, root}, "/f", open_flag::kCreate | open_flag::kReadWrite, 0644);
    KernelBuffer first = buffer_of("hello");
    EXPECT_EQ(file->write(first).value(), 5u);
    EXPECT_EQ(file->seek(-2, SeekFrom::End).value(), 3u);
    char text[8] = {};
    KernelBuffer in(std::as_writable_bytes(std::span(text)));
    EXPECT_EQ(file->read(in).value(), 2u);
    EXPECT_EQ(std::string(text), "lo");
    EXPECT_EQ(code_of(file->seek(-1, SeekFrom::Start)), -EINVAL);
    auto appender = *open_file({root, root}, "/f", open_flag::kWriteOnly | open_flag::kAppend, 0);
    KernelBuffer more = buffer_of(" world");
    EXPECT_EQ(appender->write(more).value(), 6u);
    EXPECT_EQ(contents(file->inode()), "hello world");
    ASSERT_TRUE(root.inode->unlink("f").ok());
    EXPECT_EQ(file->path(root)->view(), "/f (deleted)");
}

TEST(Descriptors, LowestFreeSharingAndExec) {
    const Place root = new_root();
    auto file = *open_file({root, root}, "/f", open_flag::kCreate | open_flag::kReadWrite, 0644);
    Ref<FileTable> table = *make_ref<FileTable>();
    EXPECT_EQ(table->add(file, OnExec::Keep).value(), 0);
    EXPECT_EQ(table->add(file, OnExec::Close).value(), 1);
    EXPECT_EQ(table->add(file, OnExec::Keep, 10).value(), 10);
    ASSERT_TRUE(table->close(0).ok());
    EXPECT_EQ(code_of(table->close(0)), -EBADF);
    EXPECT_EQ(table->add(file, OnExec::Keep).value(), 0);
    Ref<FileTable> copy = *table->clone();
    copy->close_on_exec();
    EXPECT_EQ(code_of(copy->get(1)), -EBADF);
    EXPECT_TRUE(table->get(1).ok());
    EXPECT_EQ(copy->next_open(1), 10);
    EXPECT_EQ(code_of(copy->get(-1)), -EBADF);
    EXPECT_EQ(code_of(copy->set(FileTable::kLimit, file, OnExec::Keep)), -EBADF);
    EXPECT_EQ(file->reference_count(), 6u) << "the test, three in the table, two in the copy";
    for (int fd = 0; fd < FileTable::kLimit - 2; ++fd) static_cast<void>(copy->add(file, OnExec::Keep));
    EXPECT_EQ(code_of(copy->add(file, OnExec::Keep)), -EMFILE);
}

}  // namespace
