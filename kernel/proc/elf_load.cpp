// SPDX-License-Identifier: MIT
/// @file
/// @brief From an ELF file to regions of an address space.
/// @chapter programs
#include "proc/elf_load.h"

#include "mm/user_memory.h"

namespace {

// A position-independent program goes here: far above the window, so that a VMM never is in its guest's way.
constexpr u64 kProgramPlace = 0x5555'5555'4000;
constexpr u64 kMaxImageBytes = 1ULL << 40;
constexpr u32 kExecuteBits = 0111;

Result<Owned<ElfImage>> read_image(File& file) {
    std::byte start[kElfHeaderBytes];
    const u64 got = TRY(read_kernel(file.inode(), 0, start));
    const ElfHeader header = TRY(parse_elf_header(std::span(start).first(got)));
    Vec<std::byte> table;
    TRY(table.resize(header.header_count * kElfProgramHeaderBytes));
    const u64 table_got = TRY(read_kernel(file.inode(), header.headers_offset, table.span()));
    return parse_elf_image(header, table.span().first(table_got));
}

Result<void> map_segment(AddressSpace& space, const Ref<PageSource>& source, const ElfSegment& s, u64 bias) {
    AddressSpace::Mapping mapping{.address = VirtAddr(s.first_page() + bias),
                                  .placement = AddressSpace::Placement::Fixed,
                                  .protection = {s.read, s.write, s.execute}};
    const VirtAddr end(align_up(s.end(), kPageBytes) + bias);
    if (s.file_bytes) {
        const VirtAddr file_end(align_up(s.address + s.file_bytes, kPageBytes) + bias);
        mapping.bytes = file_end - mapping.address;
        mapping.source = source;
        mapping.source_page = s.file_offset >> kPageShift;
        TRY(space.map(mapping));
        mapping.address = file_end;
        mapping.source = {};
        mapping.source_page = 0;
    }
    if (mapping.address == end) return {};
    mapping.bytes = end - mapping.address;
    TRY(space.map(mapping));
    return {};
}

Result<void> map_image(AddressSpace& space, File& file, const ElfImage& image, u64 bias) {
    const Ref<PageSource> source = TRY(file.mapping({.read = true, .write = false, .execute = true}, Sharing::Private));
    for (const ElfSegment& segment : image.segments()) TRY(map_segment(space, source, segment, bias));
    return {};
}

/// Finds room for an interpreter where mappings without a wish go.
Result<u64> place_interpreter(AddressSpace& space, const ElfImage& image) {
    const u64 bytes = image.highest - image.lowest + image.alignment;
    const VirtAddr room = TRY(space.map({.address = {}, .bytes = bytes, .protection = {}}));
    TRY(space.unmap(room, bytes));
    return align_up(room.raw, image.alignment) - image.lowest;
}

Result<Ref<File>> open_interpreter(File& program, const ElfImage& image, const WalkFrom& from) {
    Vec<std::byte> path;
    TRY(path.resize(image.interpreter_bytes));
    const u64 got = TRY(read_kernel(program.inode(), image.interpreter_offset, path.span()));
    if (got != path.size() || path[path.size() - 1] != std::byte(0)) return Error{ENOEXEC};
    const char* text = reinterpret_cast<const char*>(path.data());
    Ref<File> file = TRY(open_file(from, {text, strlen(text)}, open_flag::kReadOnly | open_flag::kNonblock, 0));
    TRY(check_executable(*file));
    return file;
}

Result<PlacedImage> load_interpreter(AddressSpace& space, File& program, const ElfImage& image, const WalkFrom& from) {
    const Ref<File> file = TRY(open_interpreter(program, image, from));
    auto read = read_image(*file);
    if (!read.ok()) return Error{read.error().code == ENOEXEC ? ELIBBAD : read.error().code};
    PlacedImage placed{std::move(read.value())};
    if (placed.image->header.is_position_independent) placed.bias = TRY(place_interpreter(space, *placed.image));
    TRY(map_image(space, *file, *placed.image, placed.bias));
    return placed;
}

Result<void> map_stack(AddressSpace& space, u64 bytes, bool executable) {
    const auto mapped = space.map({.address = kUserStackTop - bytes,
                                   .bytes = bytes,
                                   .placement = AddressSpace::Placement::FixedNoReplace,
                                   .protection = {.read = true, .write = true, .execute = executable},
                                   .kind = Region::Kind::Stack});
    // An image that lies where the stack must be is no program.
    if (!mapped.ok()) return Error{mapped.error().code == EEXIST ? ENOEXEC : mapped.error().code};
    return {};
}

Result<void> clear_tail(const PlacedImage& placed) {
    if (!placed.image) return {};
    for (const ElfSegment& s : placed.image->segments()) {
        const u64 file_end = s.address + s.file_bytes;
        const u64 page_end = align_up(file_end, kPageBytes);
        if (!s.write || s.memory_bytes == s.file_bytes || s.file_bytes == 0) continue;
        TRY(clear_user(VirtAddr(file_end + placed.bias), page_end - file_end));
    }
    return {};
}

}  // namespace

Result<void> check_executable(File& file) {
    const FileStatus status = file.status();
    if (status.type != FileType::Regular || !(status.attributes.permissions & kExecuteBits)) return Error{EACCES};
    return {};
}

Result<LoadedProgram> load_program(const Ref<File>& file, const WalkFrom& from, u64 stack_bytes) {
    LoadedProgram loaded;
    loaded.program.image = TRY(read_image(*file));
    const ElfImage& image = *loaded.program.image;
    if (image.highest - image.lowest > kMaxImageBytes) return Error{ENOMEM};
    loaded.space = TRY(AddressSpace::create());
    if (image.header.is_position_independent)
        loaded.program.bias = align_up(kProgramPlace, image.alignment) - image.lowest;
    TRY(map_image(*loaded.space, *file, image, loaded.program.bias));
    TRY(map_stack(*loaded.space, stack_bytes, image.executable_stack));
    if (image.interpreter_bytes) { loaded.interpreter = TRY(load_interpreter(*loaded.space, *file, image, from)); }
    loaded.space->start_heap(VirtAddr(image.highest + loaded.program.bias));
    return loaded;
}

Result<void> clear_tails(const LoadedProgram& program) {
    TRY(clear_tail(program.program));
    return clear_tail(program.interpreter);
}
