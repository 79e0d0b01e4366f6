// SPDX-License-Identifier: MIT
/// @file
/// @brief Executes, for the guest, the instructions that touch devices.
/// @chapter vmm
#include "vmm/emulator.h"

#include <cstring>

#include "vmm/failure.h"
#include "vmm/memory_map.h"
#include "vmm/registers.h"

namespace vmm {
namespace {

/// Iterations of a repeated instruction before the guest gets a chance to take an interrupt.
constexpr unsigned kIterations = 1024;

constexpr ZydisInstructionAttributes kRepeated = ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;

enum class Keep { Result, FlagsOnly };

/// One instruction on its way.
class Step {
   public:
    Step(const AddressSpaces& spaces, abi::RingV& state, const Instruction& instruction)
        : spaces_(spaces), state_(state), instruction_(instruction) {}

    void run() {
        const ZydisInstructionCategory category = instruction_.info.meta.category;
        if (category == ZYDIS_CATEGORY_STRINGOP || category == ZYDIS_CATEGORY_IOSTRINGOP) return run_string();
        execute();
        finish();
    }

   private:
    using Operand = ZydisDecodedOperand;

    const Operand& operand(unsigned number) const { return instruction_.operands[number]; }
    static unsigned bytes_of(const Operand& operand) { return operand.size / 8U; }
    [[noreturn]] void refuse() const { throw GuestError("cannot execute `" + instruction_.text() + "` on a device"); }

    void finish() {
        const std::uint64_t next = state_.general.rip + instruction_.info.length;
        state_.general.rip = instruction_.width == CodeWidth::Bits64 ? next : truncated(next, 4);
    }

    // ---- Memory and operands

    GuestPhys physical(GuestVirt address) const {
        const auto found = walk(spaces_.memory, state_.system, address);
        if (!found) throw GuestError("no page at " + hex(address.value) + " for `" + instruction_.text() + "`");
        return *found;
    }

    /// The processor's own local APIC is a page that the kernel keeps up to date; what is stored there, the next entry hands on.
    static std::optional<std::uint32_t> local_apic_offset(GuestPhys at) {
        if (at < kLocalApicBase || at - kLocalApicBase >= kPageSize) return std::nullopt;
        return static_cast<std::uint32_t>(at - kLocalApicBase);
    }

    /// Reads from memory or a device. An access across a page boundary goes byte by byte: its pages may be apart.
    std::uint64_t load(GuestVirt address, unsigned bytes) {
        if (address.value % kPageSize + bytes > kPageSize) {
            std::uint64_t value = 0;
            for (unsigned i = 0; i < bytes; ++i) value |= load(address + i, 1) << (8 * i);
            return value;
        }
        const GuestPhys at = physical(address);
        std::uint64_t value = 0;
        if (const auto offset = local_apic_offset(at)) {
            std::memcpy(&value, reinterpret_cast<const char*>(state_.apic_page) + *offset, bytes);
            return value;
        }
        if (!spaces_.memory.contains(at, bytes)) return truncated(spaces_.mmio.read(at.value, bytes), bytes);
        spaces_.memory.read(at, std::as_writable_bytes(std::span(&value, 1)).first(bytes));
        return value;
    }

    void store(GuestVirt address, std::uint64_t value, unsigned bytes) {
        if (address.value % kPageSize + bytes > kPageSize) {
            for (unsigned i = 0; i < bytes; ++i) store(address + i, value >> (8 * i), 1);
            return;
        }
        const GuestPhys at = physical(address);
        if (const auto offset = local_apic_offset(at)) {
            state_.apic_offset = *offset;
            state_.apic_value = static_cast<std::uint32_t>(value);
        } else if (spaces_.memory.contains(at, bytes)) {
            spaces_.memory.write(at, std::as_bytes(std::span(&value, 1)).first(bytes));
        } else {
            spaces_.mmio.write(at.value, bytes, truncated(value, bytes));
        }
    }

    std::uint64_t value_of(const Operand& operand) {
        const unsigned bytes = bytes_of(operand);
        if (bytes == 0 || bytes > 8) refuse();
        switch (operand.type) {
        case ZYDIS_OPERAND_TYPE_MEMORY: return load(operand_address(instruction_, operand, state_), bytes);
        case ZYDIS_OPERAND_TYPE_IMMEDIATE: return operand.imm.value.u;
        case ZYDIS_OPERAND_TYPE_REGISTER:
            if (const auto value = read_register(state_.general, operand.reg.value)) return *value;
            break;
        default: break;
        }
        refuse();
    }

    void assign(const Operand& operand, std::uint64_t value) {
        const unsigned bytes = bytes_of(operand);
        if (bytes == 0 || bytes > 8) refuse();
        if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY) {
            store(operand_address(instruction_, operand, state_), value, bytes);
        } else if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER ||
                   !write_register(state_.general, operand.reg.value, value)) {
            refuse();
        }
    }

    // ---- Instructions that execute once

    void execute() {
        switch (instruction_.info.mnemonic) {
        case ZYDIS_MNEMONIC_MOV:
        case ZYDIS_MNEMONIC_MOVNTI:
        case ZYDIS_MNEMONIC_MOVZX: return assign(operand(0), value_of(operand(1)));
        case ZYDIS_MNEMONIC_MOVSX:
        case ZYDIS_MNEMONIC_MOVSXD:
            return assign(operand(0), sign_extended(value_of(operand(1)), bytes_of(operand(1))));
        case ZYDIS_MNEMONIC_ADD: return binary(Operation::Add, Keep::Result);
        case ZYDIS_MNEMONIC_SUB: return binary(Operation::Subtract, Keep::Result);
        case ZYDIS_MNEMONIC_CMP: return binary(Operation::Subtract, Keep::FlagsOnly);
        case ZYDIS_MNEMONIC_AND: return binary(Operation::And, Keep::Result);
        case ZYDIS_MNEMONIC_TEST: return binary(Operation::And, Keep::FlagsOnly);
        case ZYDIS_MNEMONIC_OR: return binary(Operation::Or, Keep::Result);
        case ZYDIS_MNEMONIC_XOR: return binary(Operation::Xor, Keep::Result);
        case ZYDIS_MNEMONIC_INC: return increment(Operation::Add);
        case ZYDIS_MNEMONIC_DEC: return increment(Operation::Subtract);
        case ZYDIS_MNEMONIC_NOT: return assign(operand(0), ~value_of(operand(0)));
        case ZYDIS_MNEMONIC_XCHG: return exchange();
        default: refuse();
        }
    }

    void binary(Operation operation, Keep keep) {
        const std::uint64_t left = value_of(operand(0));
        const Computed result = compute(operation, left, value_of(operand(1)), bytes_of(operand(0)));
        if (keep == Keep::Result) assign(operand(0), result.value);
        state_.general.rflags = with_flags(state_.general.rflags, result.flags, kArithmeticFlags);
    }

    /// INC and DEC leave the carry flag alone.
    void increment(Operation operation) {
        const Computed result = compute(operation, value_of(operand(0)), 1, bytes_of(operand(0)));
        assign(operand(0), result.value);
        state_.general.rflags = with_flags(state_.general.rflags, result.flags, kArithmeticFlags & ~X86_EFLAGS_CF);
    }

    void exchange() {
        const std::uint64_t first = value_of(operand(0));
        const std::uint64_t second = value_of(operand(1));
        assign(operand(0), second);
        assign(operand(1), first);
    }

    // ---- String instructions

    /// The count register, as wide as addresses are.
    ZydisRegister count_register() const {
        const unsigned width = instruction_.info.address_width;
        return width == 16 ? ZYDIS_REGISTER_CX : width == 32 ? ZYDIS_REGISTER_ECX : ZYDIS_REGISTER_RCX;
    }

    void run_string() {
        const bool repeated = (instruction_.info.attributes & kRepeated) != 0;
        if (!repeated) {
            move_element();
            return finish();
        }
        std::uint64_t count = read_register(state_.general, count_register()).value_or(0);
        for (unsigned i = 0; count != 0 && i < kIterations && state_.apic_offset == 0; ++i) {
            move_element();
            write_register(state_.general, count_register(), --count);
        }
        if (count == 0) finish();
    }

    /// MOVS, STOS and LODS copy their second operand to the first; with INS and OUTS one of the two is the port in DX.
    /// Then the index registers move on.
    void move_element() {
        const Operand& to = operand(0);
        const Operand& from = operand(1);
        const std::uint64_t port = truncated(state_.general.rdx, 2);
        const bool with_port = instruction_.info.meta.category == ZYDIS_CATEGORY_IOSTRINGOP;
        if (with_port && to.type == ZYDIS_OPERAND_TYPE_MEMORY) {
            assign(to, spaces_.ports.read(port, bytes_of(to)));
        } else if (with_port) {
            spaces_.ports.write(port, bytes_of(from), value_of(from));
        } else if ((to.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0) {
            assign(to, value_of(from));
        } else {
            refuse();  // CMPS and SCAS
        }
        advance(to);
        advance(from);
    }

    void advance(const Operand& operand) {
        if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY) return;
        const std::uint64_t index = read_register(state_.general, operand.mem.base).value_or(0);
        const std::uint64_t size = bytes_of(operand);
        const bool down = (state_.general.rflags & X86_EFLAGS_DF) != 0;
        write_register(state_.general, operand.mem.base, down ? index - size : index + size);
    }

    const AddressSpaces& spaces_;
    abi::RingV& state_;
    const Instruction& instruction_;
};

}  // namespace

void Emulator::step(abi::RingV& state) const {
    const auto instruction = fetch_instruction(spaces_.memory, state);
    if (!instruction) throw GuestError("no instruction can be read there");
    Step(spaces_, state, *instruction).run();
}

}  // namespace vmm
