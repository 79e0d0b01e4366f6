// SPDX-License-Identifier: MIT
/// @file
/// @brief ELF headers, read without trusting a single field.
/// @chapter programs
/// @spec{System V Application Binary Interface, Object Files; Program Loading and Dynamic Linking}
#include "proc/elf.h"

#include <linux/elf-em.h>

#include <algorithm>

#include "lib/string.h"
#include "x86/paging.h"

namespace {

struct FileHeader {
    u8 ident[16];
    u16 type, machine;
    u32 version;
    u64 entry, program_headers, section_headers;
    u32 flags;
    u16 header_bytes, program_header_bytes, program_header_count;
    u16 section_header_bytes, section_header_count, section_names;
};
static_assert(sizeof(FileHeader) == kElfHeaderBytes);

struct ProgramHeader {
    u32 type, flags;
    u64 offset, address, physical, file_bytes, memory_bytes, alignment;
};
static_assert(sizeof(ProgramHeader) == kElfProgramHeaderBytes);

constexpr u8 kMagic[] = {0x7f, 'E', 'L', 'F'};
constexpr u8 kClass64 = 2, kLittleEndian = 1;
constexpr u16 kTypeExecutable = 2, kTypeShared = 3;
constexpr u32 kLoad = 1, kInterpreter = 3, kHeaders = 6, kGnuStack = 0x6474e551;
constexpr u32 kExecute = 1, kWrite = 2, kRead = 4;
constexpr usize kMaxInterpreterPath = 4096;
constexpr u64 kMaxAlignment = kGiB;

Result<void> add_segment(ElfImage& image, const ProgramHeader& h) {
    if (h.memory_bytes == 0) return {};
    if (image.segment_count == kElfMaxSegments || h.file_bytes > h.memory_bytes) return Error{ENOEXEC};
    if (h.address >= kUserEnd.raw || h.memory_bytes > kUserEnd.raw - h.address) return Error{ENOEXEC};
    if (h.offset + h.file_bytes < h.offset || h.offset > (1ULL << 62)) return Error{ENOEXEC};
    if (h.offset % kPageBytes != h.address % kPageBytes) return Error{ENOEXEC};
    const ElfSegment segment{.address = h.address,
                             .file_offset = h.offset,
                             .file_bytes = h.file_bytes,
                             .memory_bytes = h.memory_bytes,
                             .read = (h.flags & kRead) != 0,
                             .write = (h.flags & kWrite) != 0,
                             .execute = (h.flags & kExecute) != 0};
    const u64 end = align_up(segment.end(), kPageBytes);
    if (image.segment_count == 0) {
        image.lowest = segment.first_page();
        image.highest = end;
    } else {
        image.lowest = std::min(image.lowest, segment.first_page());
        image.highest = std::max(image.highest, end);
    }
    const bool good_alignment = h.alignment <= kMaxAlignment && (h.alignment & (h.alignment - 1)) == 0;
    if (good_alignment) image.alignment = std::max(image.alignment, h.alignment);
    image.segment_list[image.segment_count++] = segment;
    return {};
}

/// The first interpreter counts.
Result<void> note_interpreter(ElfImage& image, const ProgramHeader& h) {
    if (h.file_bytes < 2 || h.file_bytes > kMaxInterpreterPath || h.offset > (1ULL << 62)) return Error{ENOEXEC};
    if (image.interpreter_bytes) return {};
    image.interpreter_offset = h.offset;
    image.interpreter_bytes = h.file_bytes;
    return {};
}

/// The program headers are in memory where a segment holds their place in the file.
void find_headers(ElfImage& image) {
    const u64 offset = image.header.headers_offset;
    for (const ElfSegment& s : image.segments()) {
        if (offset >= s.file_offset && offset - s.file_offset < s.file_bytes) {
            image.headers_address = s.address + (offset - s.file_offset);
        }
    }
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace

Result<ElfHeader> parse_elf_header(std::span<const std::byte> bytes) {
    if (bytes.size() < sizeof(FileHeader)) return Error{ENOEXEC};
    FileHeader h;
    memcpy(&h, bytes.data(), sizeof(h));
    if (memcmp(h.ident, kMagic, sizeof(kMagic)) != 0 || h.ident[4] != kClass64 || h.ident[5] != kLittleEndian) {
        return Error{ENOEXEC};
    }
    if (h.machine != EM_X86_64 || (h.type != kTypeExecutable && h.type != kTypeShared)) return Error{ENOEXEC};
    if (h.program_header_bytes != sizeof(ProgramHeader)) return Error{ENOEXEC};
    if (h.program_header_count == 0 || h.program_header_count > kElfMaxHeaders) return Error{ENOEXEC};
    if (h.program_headers > (1ULL << 62)) return Error{ENOEXEC};
    return ElfHeader{h.type == kTypeShared, h.entry, h.program_headers, h.program_header_count};
}

Result<Owned<ElfImage>> parse_elf_image(const ElfHeader& header, std::span<const std::byte> table) {
    if (table.size() < header.header_count * sizeof(ProgramHeader)) return Error{ENOEXEC};
    Owned<ElfImage> image = TRY(make_owned<ElfImage>());
    image->header = header;
    for (usize i = 0; i < header.header_count; ++i) {
        ProgramHeader h;
        memcpy(&h, &table[i * sizeof(h)], sizeof(h));
        switch (h.type) {
        case kLoad: TRY(add_segment(*image, h)); break;
        case kHeaders: image->headers_address = h.address; break;
        case kGnuStack: image->executable_stack = h.flags & kExecute; break;
        case kInterpreter: TRY(note_interpreter(*image, h)); break;
        default: break;
        }
    }
    if (image->segment_count == 0) return Error{ENOEXEC};
    find_headers(*image);
    // A program that may not be moved stays where it says; page 0 is nobody's.
    if (!header.is_position_independent && image->lowest < kPageBytes) return Error{ENOEXEC};
    return image;
}

Result<ScriptLine> parse_script_line(std::string_view start) {
    if (!start.starts_with("#!")) return Error{ENOEXEC};
    const usize newline = start.find('\n');
    std::string_view line = without_blanks(start.substr(2, newline == start.npos ? start.npos : newline - 2));
    if (const usize zero = line.find('\0'); zero != line.npos) line = line.substr(0, zero);
    const usize blank = std::min(line.find(' '), line.find('\t'));
    if (line.empty()) return Error{ENOEXEC};
    // A path that fills all that was read may go on: it must not be cut and then executed.
    if (newline == start.npos && blank == line.npos && start.size() >= 256) return Error{ENOEXEC};
    if (blank == line.npos) return ScriptLine{line, {}};
    return ScriptLine{line.substr(0, blank), without_blanks(line.substr(blank))};
}
