// SPDX-License-Identifier: MIT
/// @file
/// @brief What an ELF file knows of the program in it: names, source lines, and how to unwind a stack.
/// @chapter observability
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "debugger-ui/rsp/target_description.h"
#include "lib/types.h"

namespace machine {

/// A line of source.
struct SourceLine {
    std::string file;
    int line = 0;
};

/// One frame of a stack: where it executes, and in which functions. The innermost function comes first; the last is the
/// one that has the frame, those before it were inlined into it.
struct Frame {
    VirtAddr pc;
    std::vector<std::string> functions;
    SourceLine source;
};

/// The symbols and debugging information of one ELF file that is loaded where it says, or `bias` bytes further on where it is
/// position-independent.
class Symbols {
   public:
    /// @throws Error where `elf` is no ELF file
    explicit Symbols(const std::filesystem::path& elf, u64 bias = 0);
    ~Symbols();
    Symbols(const Symbols&) = delete;
    Symbols& operator=(const Symbols&) = delete;

    /// The address of a symbol: `twain_debug`, or a C++ name without its parameters such as `PageTables::map`.
    /// @throws Error where none has the name
    VirtAddr address_of(std::string_view name) const;
    /// The name of the symbol that `address` lies in, without parameters; empty where there is none.
    std::string name_at(VirtAddr address) const;
    /// Where the function that an instruction belongs to lies; nothing where no symbol says so.
    struct Function {
        VirtAddr begin;
        u64 bytes;
    };
    std::optional<Function> function_at(VirtAddr address) const;
    /// The source line of an instruction, where one is known.
    std::optional<SourceLine> source_of(VirtAddr pc) const;
    /// The functions that an instruction belongs to, as in Frame.
    std::vector<std::string> functions_at(VirtAddr pc) const;

    /// The first instruction of a source line, or of the next line that has one; `file` is the end of a path.
    std::optional<VirtAddr> address_of_line(const std::string& file, int line) const;
    /// Where a member lies in a structure or class of the outermost scope, in bytes. @throws Error where there is none
    u64 member_offset(std::string_view structure, std::string_view member) const;
    /// The names of the values of an enumeration of the outermost scope. @throws Error where there is none
    std::vector<std::pair<std::string, u64>> enumerators(std::string_view enumeration) const;
    /// GNU's build identification of the file; empty where it has none.
    std::vector<std::uint8_t> build_id() const;
    /// Whether the address lies in the image.
    bool contains(VirtAddr address) const;
    /// Where the loader put an address of the image: by the program headers. Nothing outside of the image.
    std::optional<PhysAddr> physical_of(VirtAddr address) const;

    /// Reads the 8 bytes at an address; nothing where they cannot be read.
    using ReadMemory = std::function<std::optional<u64>(VirtAddr)>;
    /// Unwinds by the file's call frame information from the registers given, innermost frame first, until it ends or
    /// `limit` frames.
    std::vector<Frame> backtrace(const Registers& registers, const ReadMemory& read, usize limit = 64) const;

   private:
    struct Library;  ///< elfutils' side
    std::unique_ptr<Library> library_;
};

}  // namespace machine
