// SPDX-License-Identifier: MIT
/// @file
/// @brief Unpacking an initramfs.
/// @chapter files
#include "fs/cpio.h"

#include "fs/path.h"

namespace {

/// A "newc" header: text, each field eight hexadecimal digits. @spec{cpio(5), New ASCII Format}
struct Header {
    u32 number, mode, owner, group, links, modified, bytes, device_major, device_minor, node_major, node_minor,
        name_bytes;
    static constexpr usize kBytes = 110;
    static constexpr usize kMagicBytes = 6;
    static constexpr usize kFields = 13;
};

/// One file of an archive that has further names: which file of the archive it is, and the inode made for it.
struct Linked {
    u32 number, major, minor;
    Ref<Inode> inode;
};

class Unpacker {
   public:
    Unpacker(std::span<const std::byte> archive, const Place& root)
        : text_(reinterpret_cast<const char*>(archive.data()), archive.size()), root_(root) {}

    Result<void> run() {
        while (skip_zeros()) {
            entry_ = at_;
            TRY(read_entry());
        }
        return {};
    }
    CpioFailure failure() const { return {what_, entry_}; }

   private:
    Error fail(const char* what, int code = EINVAL) {
        what_ = what;
        return Error{code};
    }
    bool skip_zeros();
    Result<Header> read_header();
    Result<std::string_view> read_bytes(u64 bytes, u64 header_bytes);
    Result<void> read_entry();
    Result<void> make(const Header& header, std::string_view path, std::string_view data);
    Result<void> make_regular(const Header& header, const LastName& last, std::string_view data);
    Result<void> make_other(const Header& header, const LastName& last, std::string_view data);
    Result<Ref<Inode>> make_directory(const Header& header, const LastName& last);
    Linked* find_linked(const Header& header);

    std::string_view text_;
    const Place& root_;
    u64 at_ = 0, entry_ = 0;
    const char* what_ = nullptr;
    Vec<Linked> linked_;
};

/// False at the end of the archive. Between two archives there may be zeros.
bool Unpacker::skip_zeros() {
    while (at_ < text_.size() && text_[at_] == '\0') ++at_;
    return at_ < text_.size();
}

Result<u32> parse_hex(std::string_view digits) {
    u32 value = 0;
    for (char c : digits) {
        u32 digit;
        if (c >= '0' && c <= '9')
            digit = static_cast<u32>(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = static_cast<u32>(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            digit = static_cast<u32>(c - 'A' + 10);
        else
            return Error{EINVAL};
        value = value << 4 | digit;
    }
    return value;
}

Result<Header> Unpacker::read_header() {
    if (text_.size() - at_ < Header::kBytes) return fail("the archive is cut short in a header");
    const std::string_view text = text_.substr(at_, Header::kBytes);
    const std::string_view magic = text.substr(0, Header::kMagicBytes);
    if (magic != "070701" && magic != "070702") return fail("not a newc header (a compressed archive?)");
    u32 fields[Header::kFields];
    for (usize i = 0; i < Header::kFields; ++i) {
        const Result<u32> field = parse_hex(text.substr(Header::kMagicBytes + 8 * i, 8));
        if (!field.ok()) return fail("a header field is not a number");
        fields[i] = field.value();
    }
    at_ += Header::kBytes;
    return Header{.number = fields[0],
                  .mode = fields[1],
                  .owner = fields[2],
                  .group = fields[3],
                  .links = fields[4],
                  .modified = fields[5],
                  .bytes = fields[6],
                  .device_major = fields[7],
                  .device_minor = fields[8],
                  .node_major = fields[9],
                  .node_minor = fields[10],
                  .name_bytes = fields[11]};
}

/// The next `bytes`; skips what pads them, together with `header_bytes` before them, to a multiple of four.
Result<std::string_view> Unpacker::read_bytes(u64 bytes, u64 header_bytes) {
    if (bytes > text_.size() - at_) return fail("the archive is cut short");
    const std::string_view part = text_.substr(at_, bytes);
    at_ = std::min<u64>(text_.size(), at_ + align_up(header_bytes + bytes, 4) - header_bytes);
    return part;
}

/// The name as a path below the root, without "./" and "/" in front.
std::string_view strip(std::string_view name) {
    for (;;) {
        if (name.starts_with("/"))
            name.remove_prefix(1);
        else if (name.starts_with("./"))
            name.remove_prefix(2);
        else
            return name == "." ? std::string_view() : name;
    }
}

bool leads_outside(std::string_view path) {
    while (!path.empty()) {
        const usize end = std::min(path.find('/'), path.size());
        if (path.substr(0, end) == "..") return true;
        path.remove_prefix(std::min(path.size(), end + 1));
    }
    return false;
}

Result<void> Unpacker::read_entry() {
    const Header header = TRY(read_header());
    if (header.name_bytes == 0 || header.name_bytes > kMaxPath) return fail("a name's length is impossible");
    std::string_view name = TRY(read_bytes(header.name_bytes, Header::kBytes));
    if (name.back() != '\0') return fail("a name does not end");
    name = name.substr(0, name.find('\0'));
    const std::string_view data = TRY(read_bytes(header.bytes, 0));
    if (name == "TRAILER!!!") {
        linked_.clear();  // numbers count anew in the next archive
        return {};
    }
    if (leads_outside(name)) return fail("a name leads outside");
    const Result<void> made = make(header, strip(name), data);
    if (!made.ok() && !what_) what_ = "an entry cannot be made";
    return made;
}

void set_attributes(const Header& header, Inode& inode) {
    inode.change_attributes([&](Attributes& attributes) {
        attributes.permissions = header.mode & 07777;
        attributes.owner = header.owner;
        attributes.group = header.group;
        attributes.modified_ns = header.modified * 1'000'000'000ULL;
    });
}

Result<void> Unpacker::make(const Header& header, std::string_view path, std::string_view data) {
    if (path.empty()) {
        set_attributes(header, *root_.inode);
        return {};
    }
    const LastName last = TRY(walk_to_parent({root_, root_}, path));
    if (last.name.empty() || last.name.view() == ".") return fail("an entry has no name");
    switch (static_cast<FileType>(header.mode >> 12)) {
    case FileType::Regular: return make_regular(header, last, data);
    case FileType::Directory: {
        const Ref<Inode> directory = TRY(make_directory(header, last));
        set_attributes(header, *directory);
        return {};
    }
    case FileType::Symlink:
    case FileType::CharDevice:
    case FileType::BlockDevice:
    case FileType::Fifo:
    case FileType::Socket: return make_other(header, last, data);
    }
    return fail("a file type is unknown");
}

/// A directory that is there already is kept, with what is in it.
Result<Ref<Inode>> Unpacker::make_directory(const Header& header, const LastName& last) {
    Inode& parent = *last.directory.inode;
    Result<Ref<Inode>> found = parent.lookup(last.name.view());
    if (found.ok() && (*found)->is_directory()) return found;
    if (found.ok()) TRY(parent.unlink(last.name.view()));
    return parent.create(last.name.view(), {.type = FileType::Directory, .permissions = header.mode & 07777});
}

/// Removes what has the name, so that it can be made anew.
Result<void> clear_name(const LastName& last) {
    const Result<void> removed = last.directory.inode->unlink(last.name.view());
    if (!removed.ok() && removed.error() != Error{ENOENT}) return removed.error();
    return {};
}

Linked* Unpacker::find_linked(const Header& header) {
    for (Linked& each : linked_) {
        if (each.number == header.number && each.major == header.device_major && each.minor == header.device_minor)
            return &each;
    }
    return nullptr;
}

/// Of a file with several names the archive carries the contents once, with the last name or with the first.
Result<void> Unpacker::make_regular(const Header& header, const LastName& last, std::string_view data) {
    TRY(clear_name(last));
    Ref<Inode> inode;
    const Linked* linked = header.links > 1 ? find_linked(header) : nullptr;
    if (linked) {
        inode = linked->inode;
        TRY(last.directory.inode->link(last.name.view(), *inode));
    } else {
        inode = TRY(last.directory.inode->create(last.name.view(), {.permissions = header.mode & 07777}));
        if (header.links > 1) TRY(linked_.push({header.number, header.device_major, header.device_minor, inode}));
    }
    if (!data.empty()) {
        // The buffer is only taken from.
        KernelBuffer buffer({reinterpret_cast<std::byte*>(const_cast<char*>(data.data())), data.size()});
        const u64 written = TRY(inode->write_at(0, buffer));
        if (written < data.size()) return fail("the file system is full", ENOSPC);
    }
    set_attributes(header, *inode);
    return {};
}

Result<void> Unpacker::make_other(const Header& header, const LastName& last, std::string_view data) {
    TRY(clear_name(last));
    NewNode node{.type = static_cast<FileType>(header.mode >> 12), .permissions = header.mode & 07777};
    node.node = {header.node_major, header.node_minor};
    node.target = data;
    if (node.type == FileType::Symlink && (data.empty() || data.size() >= kMaxPath))
        return fail("a link's target is impossible");
    const Ref<Inode> inode = TRY(last.directory.inode->create(last.name.view(), node));
    set_attributes(header, *inode);
    return {};
}

}  // namespace

Result<void> unpack_cpio(std::span<const std::byte> archive, const Place& root, CpioFailure* failure) {
    Unpacker unpacker(archive, root);
    const Result<void> done = unpacker.run();
    if (!done.ok() && failure) *failure = unpacker.failure();
    return done;
}
