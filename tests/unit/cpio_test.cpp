// SPDX-License-Identifier: MIT
/// @file
/// @brief Unpacking archives: every kind of entry, several archives, and archives that lie.
/// @chapter testing
#include <random>

#include "fs/cpio.h"
#include "fs/tmpfs.h"
#include "host_files.h"

using namespace host_files;

namespace {

/// Writes an archive of the newc form.
class Archive {
   public:
    struct Entry {
        std::string name;
        u32 mode = 0100644;
        std::string data = {};
        u32 number = 0, links = 1;
        u32 major = 0, minor = 0;
    };
    Archive& add(const Entry& entry) {
        const u32 fields[] = {entry.number,
                              entry.mode,
                              7,
                              8,
                              entry.links,
                              1234,
                              static_cast<u32>(entry.data.size()),
                              0,
                              0,
                              entry.major,
                              entry.minor,
                              static_cast<u32>(entry.name.size() + 1),
                              0};
        text += "070701";
        for (u32 field : fields) {
            char digits[9];
            snprintf(digits, sizeof(digits), "%08X", field);
            text += digits;
        }
        text += entry.name + '\0';
        pad();
        text += entry.data;
        pad();
        return *this;
    }
    Archive& end() { return add({.name = "TRAILER!!!", .mode = 0}); }
    std::string text;

   private:
    void pad() { text.resize(align_up(text.size(), 4)); }
};

int unpack(const std::string& text, const Place& root, CpioFailure* failure = nullptr) {
    // A copy of exact size, so that the sanitizer sees a byte too far.
    const std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(text.data()),
                                       reinterpret_cast<const std::byte*>(text.data()) + text.size());
    return code_of(unpack_cpio(bytes, root, failure));
}

Ref<Inode> at(const Place& root, std::string_view path) {
    auto place = walk({root, root}, path, LastLink::Keep);
    EXPECT_TRUE(place.ok()) << path;
    return place.ok() ? place->inode : root.inode;
}

Archive everything() {
    Archive archive;
    archive.add({.name = ".", .mode = 040700});
    archive.add({.name = "./dir", .mode = 040750}).add({.name = "dir/file", .mode = 0100640, .data = "hello"});
    archive.add({.name = "/dir/empty"}).add({.name = "link", .mode = 0120777, .data = "dir/file"});
    archive.add({.name = "null", .mode = 020666, .major = 1, .minor = 3}).add({.name = "fifo", .mode = 010600});
    archive.add({.name = "first", .number = 9, .links = 2})
        .add({.name = "second", .data = "shared", .number = 9, .links = 2});
    return archive.end();
}

TEST(Cpio, EveryKindOfEntry) {
    const Place root = new_root();
    ASSERT_EQ(unpack(everything().text, root), 0);
    EXPECT_EQ(root.inode->status().attributes.permissions, 0700u);
    EXPECT_EQ(contents(*at(root, "/dir/file")), "hello");
    const Attributes attributes = at(root, "/dir/file")->status().attributes;
    EXPECT_EQ(attributes.permissions, 0640u);
    EXPECT_EQ(attributes.owner, 7u);
    EXPECT_EQ(attributes.group, 8u);
    EXPECT_EQ(attributes.modified_ns, 1234'000'000'000u);
    EXPECT_EQ(at(root, "/dir/empty")->size(), 0u);
    EXPECT_EQ(at(root, "/link")->read_link()->text.view(), "dir/file");
    EXPECT_EQ(at(root, "/null")->node(), (DeviceNumber{1, 3}));
    EXPECT_EQ(at(root, "/null")->type(), FileType::CharDevice);
    EXPECT_EQ(at(root, "/fifo")->type(), FileType::Fifo);
    EXPECT_EQ(at(root, "/first"), at(root, "/second"));
    EXPECT_EQ(contents(*at(root, "/first")), "shared");
    EXPECT_EQ(at(root, "/first")->status().attributes.links, 2u);
}

TEST(Cpio, ALaterArchiveReplacesAndNumbersCountAnew) {
    const Place root = new_root();
    Archive two = everything();
    two.text += std::string(512, '\0');
    two.add({.name = "dir", .mode = 040755}).add({.name = "dir/file", .data = "new"});
    two.add({.name = "third", .data = "third", .number = 9, .links = 2})
        .add({.name = "link", .data = "no link any more"})
        .end();
    ASSERT_EQ(unpack(two.text, root), 0);
    EXPECT_EQ(contents(*at(root, "/dir/file")), "new");
    EXPECT_EQ(contents(*at(root, "/third")), "third");
    EXPECT_EQ(contents(*at(root, "/first")), "shared");
    EXPECT_EQ(contents(*at(root, "/link")), "no link any more");
    EXPECT_TRUE(at(root, "/dir/empty")->type() == FileType::Regular) << "a directory keeps what is in it";
}

TEST(Cpio, NothingIsAnEmptyArchive) {
    EXPECT_EQ(unpack("", new_root()), 0);
    EXPECT_EQ(unpack(std::string(100, '\0'), new_root()), 0);
}

TEST(Cpio, WhatIsNoArchiveIsRefusedWithAReason) {
    const auto refused = [](const std::string& text) {
        CpioFailure failure;
        EXPECT_EQ(unpack(text, new_root(), &failure), -EINVAL);
        EXPECT_NE(failure.what, nullptr);
        return std::string(failure.what ? failure.what : "");
    };
    EXPECT_NE(refused(std::string("\x1f\x8b compressed") + std::string(200, 'x')).find("compressed"),
              std::string::npos);
    EXPECT_NE(refused("0707").find("short"), std::string::npos);
    Archive bad = everything();
    bad.text[10] = 'z';
    EXPECT_NE(refused(bad.text).find("number"), std::string::npos);
    EXPECT_NE(refused(Archive().add({.name = "../up"}).text).find("outside"), std::string::npos);
    EXPECT_NE(refused(Archive().add({.name = "x", .mode = 0170000}).text).find("type"), std::string::npos);
    EXPECT_NE(refused(Archive().add({.name = "l", .mode = 0120777, .data = ""}).text).find("target"),
              std::string::npos);
    EXPECT_NE(refused(Archive().add({.name = std::string(5000, 'n')}).text).find("length"), std::string::npos);
}

TEST(Cpio, ANameNeedsItsDirectory) {
    CpioFailure failure;
    const Place root = new_root();
    EXPECT_EQ(unpack(Archive().add({.name = "ok"}).add({.name = "none/file"}).text, root, &failure), -ENOENT);
    EXPECT_EQ(failure.offset, 116u) << "of the second header";
    EXPECT_EQ(at(root, "/ok")->size(), 0u) << "what was made stays";
}

TEST(Cpio, NoLinkLeadsOutsideTheRoot) {
    const Place root = new_root();
    make_directory(root, "/jail");
    make_file(root, "/secret", "untouched");
    const Place jail(root.mount, at(root, "/jail"));
    Archive archive;
    archive.add({.name = "up", .mode = 0120777, .data = ".."}).add({.name = "up/secret", .data = "overwritten"}).end();
    unpack(archive.text, jail);
    EXPECT_EQ(contents(*at(root, "/secret")), "untouched");
}

TEST(Cpio, CutShortAnywhereItEndsCleanly) {
    const std::string whole = everything().text;
    for (usize length = 0; length < whole.size(); ++length) {
        const int code = unpack(whole.substr(0, length), new_root());
        ASSERT_TRUE(code == 0 || code == -EINVAL) << length << ": " << code;
    }
}

TEST(Cpio, RandomDamageEndsCleanly) {
    const std::string whole = everything().text;
    std::mt19937_64 random(1);
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string text = whole;
        for (u64 flips = random() % 8 + 1; flips > 0; --flips) {
            static constexpr char kDigits[] = "0123456789abcdefF/.\0\xff";
            text[random() % text.size()] = kDigits[random() % (sizeof(kDigits) - 1)];
        }
        refused += unpack(text, new_root()) != 0;
    }
    EXPECT_GT(refused, 100);
}

TEST(Cpio, ASmallFileSystemGetsFull) {
    auto tree = Tmpfs::create("tmpfs", 8 * kKiB);
    const Place root = *mounts::mount_root({*tree, "x", "rw"});
    EXPECT_EQ(unpack(Archive().add({.name = "big", .data = std::string(20'000, 'x')}).end().text, root), -ENOSPC);
}

}  // namespace
