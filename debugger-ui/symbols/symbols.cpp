// SPDX-License-Identifier: MIT
/// @file
/// @brief Names, lines and stacks by way of elfutils' libdw.
/// @chapter observability
#include "debugger-ui/symbols/symbols.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>

#include <cstdlib>
#include <map>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

/// A C++ symbol as written in the source, without parameters and unnamed namespaces.
std::string readable(const char* symbol) {
    static constexpr std::string_view kUnnamed = "(anonymous namespace)::";
    int status = 0;
    char* demangled = abi::__cxa_demangle(symbol, nullptr, nullptr, &status);
    std::string name = demangled ? demangled : symbol;
    std::free(demangled);
    for (usize at; (at = name.find(kUnnamed)) != std::string::npos;) name.erase(at, kUnnamed.size());
    return name.substr(0, name.find('('));
}

/// Whether `wanted` names `name` as a whole or from one of its scopes on: `map` and `PageTables::map` do name the latter.
bool names(std::string_view wanted, std::string_view name) {
    if (!name.ends_with(wanted)) return false;
    const std::string_view before = name.substr(0, name.size() - wanted.size());
    return before.empty() || before.ends_with("::") || before.ends_with(' ');
}

/// What the unwinder's callbacks read from. They are given a pointer to a pointer to it.
struct Stack {
    const Registers& registers;
    const Symbols::ReadMemory& read;
};
const Stack& stack_of(void* argument) { return **static_cast<Stack**>(argument); }

constexpr usize kMostPlaces = 10'000;

/// There is one thread to unwind, the core looked at, and it needs some number.
constexpr pid_t kThread = 1;

pid_t next_thread(Dwfl*, void* argument, void** position) {
    if (*position) return 0;
    *position = argument;
    return kThread;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* result, void* argument) {
    const std::optional<u64> word = stack_of(argument).read(VirtAddr(address));
    if (word) *result = *word;
    return word.has_value();
}

bool set_initial_registers(Dwfl_Thread* thread, void* argument) {
    // In the order in which DWARF numbers them on x86-64.
    static constexpr const char* kNames[] = {"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
                                             "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip"};
    Dwarf_Word words[std::size(kNames)];
    for (usize at = 0; at < std::size(kNames); ++at) words[at] = stack_of(argument).registers[kNames[at]];
    return dwfl_thread_state_registers(thread, 0, std::size(kNames), words);
}

struct Collector {
    const Symbols& symbols;
    std::map<u64, Frame>& places;  ///< what is known of those that have been on a stack: it takes long to find
    std::vector<Frame> frames;
    usize limit;
};

int collect_frame(Dwfl_Frame* state, void* argument) {
    auto& collector = *static_cast<Collector*>(argument);
    Dwarf_Addr pc = 0;
    bool activation = false;
    if (!dwfl_frame_pc(state, &pc, &activation)) return DWARF_CB_ABORT;
    // A return address may already belong to the next line, or even function.
    const VirtAddr place(activation ? pc : pc - 1);
    const auto [known, is_new] = collector.places.try_emplace(place.raw);
    if (is_new)
        known->second = {VirtAddr(), collector.symbols.functions_at(place),
                         collector.symbols.source_of(place).value_or(SourceLine{})};
    collector.frames.push_back(known->second);
    collector.frames.back().pc = VirtAddr(pc);
    return collector.frames.size() < collector.limit ? DWARF_CB_OK : DWARF_CB_ABORT;
}

}  // namespace

struct Symbols::Library {
    char* no_path = nullptr;
    Dwfl_Callbacks callbacks{dwfl_build_id_find_elf, dwfl_standard_find_debuginfo, dwfl_offline_section_address,
                             &no_path};
    Dwfl* dwfl = dwfl_begin(&callbacks);
    Dwfl_Module* module = nullptr;
    Stack* stack = nullptr;  ///< what is being unwound
    bool attached = false;
    std::map<u64, Frame> places;

    ~Library() { dwfl_end(dwfl); }
};

Symbols::Symbols(const std::filesystem::path& elf, u64 bias) : library_(std::make_unique<Library>()) {
    dwfl_report_begin(library_->dwfl);
    library_->module = dwfl_report_elf(library_->dwfl, "image", elf.c_str(), -1, bias, true);
    if (!library_->module) throw Error("cannot read symbols from " + elf.string() + ": " + dwfl_errmsg(-1));
    dwfl_report_end(library_->dwfl, nullptr, nullptr);
}

Symbols::~Symbols() = default;

VirtAddr Symbols::address_of(std::string_view name) const {
    const int count = dwfl_module_getsymtab(library_->module);
    std::optional<VirtAddr> in_some_scope;
    for (int index = 1; index < count; ++index) {
        GElf_Sym symbol;
        const char* text = dwfl_module_getsym(library_->module, index, &symbol, nullptr);
        if (!text || symbol.st_shndx == SHN_UNDEF || GELF_ST_TYPE(symbol.st_info) == STT_FILE) continue;
        const std::string full = readable(text);
        if (name == text || name == full) return VirtAddr(symbol.st_value);
        if (names(name, full)) in_some_scope = VirtAddr(symbol.st_value);
    }
    if (!in_some_scope) throw Error("no symbol is called " + std::string(name));
    return *in_some_scope;
}

std::string Symbols::name_at(VirtAddr address) const {
    const char* name = dwfl_module_addrname(library_->module, address.raw);
    return name ? readable(name) : std::string();
}

std::optional<Symbols::Function> Symbols::function_at(VirtAddr address) const {
    GElf_Off offset = 0;
    GElf_Sym symbol;
    if (!dwfl_module_addrinfo(library_->module, address.raw, &offset, &symbol, nullptr, nullptr, nullptr) ||
        offset >= symbol.st_size) {
        return std::nullopt;
    }
    return Function{address - offset, symbol.st_size};
}

std::optional<SourceLine> Symbols::source_of(VirtAddr pc) const {
    Dwfl_Line* line = dwfl_module_getsrc(library_->module, pc.raw);
    int number = 0;
    const char* file = line ? dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr) : nullptr;
    if (!file) return std::nullopt;
    return SourceLine{file, number};
}

std::optional<VirtAddr> Symbols::address_of_line(const std::string& file, int line) const {
    Dwfl_Line** lines = nullptr;
    usize count = 0;
    if (dwfl_module_getsrc_file(library_->module, file.c_str(), line, 0, &lines, &count) != 0) return std::nullopt;
    std::optional<VirtAddr> first;
    for (usize at = 0; at < count; ++at) {
        Dwarf_Addr address = 0;
        if (!dwfl_lineinfo(lines[at], &address, nullptr, nullptr, nullptr, nullptr)) continue;
        if (!first || address < first->raw) first = VirtAddr(address);
    }
    std::free(lines);
    return first;
}

namespace {

bool is_called(Dwarf_Die& die, std::string_view name) {
    const char* text = dwarf_diename(&die);
    return text && name == text;
}

/// Calls `take` for every child of the outermost entries of that kind and name, until it returns true. False: it never did.
bool find_in_type(Dwfl_Module* module, int tag, std::string_view name, const std::function<bool(Dwarf_Die&)>& take) {
    Dwarf_Addr bias = 0;
    for (Dwarf_Die* unit = nullptr; (unit = dwfl_module_nextcu(module, unit, &bias));) {
        Dwarf_Die outer;
        for (int more = dwarf_child(unit, &outer); more == 0; more = dwarf_siblingof(&outer, &outer)) {
            if (dwarf_tag(&outer) != tag || !is_called(outer, name)) continue;
            Dwarf_Die inner;
            for (int left = dwarf_child(&outer, &inner); left == 0; left = dwarf_siblingof(&inner, &inner)) {
                if (take(inner)) return true;
            }
        }
    }
    return false;
}

std::optional<u64> number_of(Dwarf_Die& die, unsigned attribute) {
    Dwarf_Attribute place;
    Dwarf_Word value = 0;
    if (dwarf_formudata(dwarf_attr(&die, attribute, &place), &value) != 0) return std::nullopt;
    return value;
}

}  // namespace

u64 Symbols::member_offset(std::string_view structure, std::string_view member) const {
    std::optional<u64> offset;
    for (const int tag : {DW_TAG_structure_type, DW_TAG_class_type}) {
        find_in_type(library_->module, tag, structure, [&](Dwarf_Die& die) {
            if (dwarf_tag(&die) == DW_TAG_member && is_called(die, member))
                offset = number_of(die, DW_AT_data_member_location);
            return offset.has_value();
        });
        if (offset) break;
    }
    if (!offset) throw Error("no structure " + std::string(structure) + " has a member " + std::string(member));
    return *offset;
}

std::vector<std::pair<std::string, u64>> Symbols::enumerators(std::string_view enumeration) const {
    std::vector<std::pair<std::string, u64>> all;
    u64 last = 0;
    find_in_type(library_->module, DW_TAG_enumeration_type, enumeration, [&](Dwarf_Die& die) {
        const char* name = dwarf_diename(&die);
        const std::optional<u64> value = number_of(die, DW_AT_const_value);
        if (dwarf_tag(&die) != DW_TAG_enumerator || !name || !value) return false;
        // Every unit that includes the header has the enumeration: the first one is enough.
        if (!all.empty() && *value <= last) return true;
        last = *value;
        all.emplace_back(name, *value);
        return false;
    });
    if (all.empty()) throw Error("no enumeration is called " + std::string(enumeration));
    return all;
}

std::vector<std::uint8_t> Symbols::build_id() const {
    GElf_Addr bias = 0, place = 0;
    const unsigned char* bytes = nullptr;
    dwfl_module_getelf(library_->module, &bias);  // which reads it
    const int count = dwfl_module_build_id(library_->module, &bytes, &place);
    return count > 0 ? std::vector<std::uint8_t>(bytes, bytes + count) : std::vector<std::uint8_t>();
}

bool Symbols::contains(VirtAddr address) const {
    Dwarf_Addr begin = 0, end = 0;
    dwfl_module_info(library_->module, nullptr, &begin, &end, nullptr, nullptr, nullptr, nullptr);
    return address.raw >= begin && address.raw < end;
}

std::optional<PhysAddr> Symbols::physical_of(VirtAddr address) const {
    GElf_Addr bias = 0;
    Elf* elf = dwfl_module_getelf(library_->module, &bias);
    usize count = 0;
    if (!elf || elf_getphdrnum(elf, &count) != 0) return std::nullopt;
    for (usize at = 0; at < count; ++at) {
        GElf_Phdr header;
        if (!gelf_getphdr(elf, static_cast<int>(at), &header) || header.p_type != PT_LOAD) continue;
        if (address.raw >= header.p_vaddr && address.raw - header.p_vaddr < header.p_memsz) {
            return PhysAddr(address.raw - header.p_vaddr + header.p_paddr);
        }
    }
    return std::nullopt;
}

std::vector<std::string> Symbols::functions_at(VirtAddr pc) const {
    std::vector<std::string> functions;
    Dwarf_Addr bias = 0;
    Dwarf_Die* unit = dwfl_module_addrdie(library_->module, pc.raw, &bias);
    Dwarf_Die* innermost = nullptr;
    Dwarf_Die* chain = nullptr;
    // Outside of an inlined function, dwarf_getscopes lists what stands around its *source*; the callers are found by
    // going out from the innermost scope alone.
    if (unit && dwarf_getscopes(unit, pc.raw - bias, &innermost) > 0) {
        const int count = dwarf_getscopes_die(innermost, &chain);
        for (int index = 0; index < count; ++index) {
            if (dwarf_tag(&chain[index]) != DW_TAG_inlined_subroutine) continue;
            const char* name = dwarf_diename(&chain[index]);
            functions.push_back(name ? name : "?");
        }
    }
    std::free(chain);
    std::free(innermost);
    const std::string outermost = name_at(pc);
    functions.push_back(outermost.empty() ? "?" : outermost);
    return functions;
}

std::vector<Frame> Symbols::backtrace(const Registers& registers, const ReadMemory& read, usize limit) const {
    static constexpr Dwfl_Thread_Callbacks kCallbacks{next_thread,           nullptr, read_memory,
                                                      set_initial_registers, nullptr, nullptr};
    Stack stack{registers, read};
    library_->stack = &stack;
    // A library session is attached once and for ever; which stack it reads is changed underneath.
    if (!library_->attached && !dwfl_attach_state(library_->dwfl, nullptr, kThread, &kCallbacks, &library_->stack)) {
        throw Error(std::string("cannot unwind: ") + dwfl_errmsg(-1));
    }
    library_->attached = true;
    if (library_->places.size() > kMostPlaces) library_->places.clear();
    Collector collector{*this, library_->places, {}, limit};
    dwfl_getthread_frames(library_->dwfl, kThread, collect_frame, &collector);
    return std::move(collector.frames);
}

}  // namespace machine
