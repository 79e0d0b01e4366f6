// SPDX-License-Identifier: MIT
/// @file
/// @brief Arithmetic of a new program's stack.
/// @chapter programs
#include "proc/user_stack.h"

#include <linux/auxvec.h>

namespace {

constexpr std::string_view kPlatform = "x86_64";
constexpr u64 kRandomBytes = 16;
constexpr u64 kTicksPerSecond = 100;

/// Puts texts one below the other.
class Stacker {
   public:
    Stacker(UserStack& stack, u64 top) : stack_(stack), at_(top - sizeof(u64)) {}
    Result<u64> put(std::string_view text) {
        at_ -= text.size() + 1;
        TRY(stack_.texts.push({at_, text}));
        return at_;
    }
    u64 reserve(u64 bytes, u64 alignment) { return at_ = align_down(at_ - bytes, alignment); }

   private:
    UserStack& stack_;
    u64 at_;
};

Result<Vec<u64>> put_list(Stacker& stacker, const Vec<String>& list) {
    Vec<u64> addresses;
    TRY(addresses.resize(list.size()));
    // From the last to the first, so that they lie in order.
    for (usize i = list.size(); i-- > 0;) addresses[i] = TRY(stacker.put(list[i].view()));
    return addresses;
}

Result<void> push_list(Vec<u64>& words, const Vec<u64>& list) {
    for (const u64 address : list) TRY(words.push(address));
    return words.push(0);
}

Result<void> push_auxiliary(Vec<u64>& words, const AuxiliaryFacts& facts, u64 path, u64 platform, u64 random) {
    const u64 pairs[][2] = {{AT_HWCAP, facts.processor_features},
                            {AT_PAGESZ, kPageBytes},
                            {AT_CLKTCK, kTicksPerSecond},
                            {AT_PHDR, facts.headers},
                            {AT_PHENT, 56},
                            {AT_PHNUM, facts.header_count},
                            {AT_BASE, facts.interpreter_base},
                            {AT_FLAGS, 0},
                            {AT_ENTRY, facts.entry},
                            {AT_UID, 0},
                            {AT_EUID, 0},
                            {AT_GID, 0},
                            {AT_EGID, 0},
                            {AT_SECURE, 0},
                            {AT_RANDOM, random},
                            {AT_HWCAP2, 0},
                            {AT_EXECFN, path},
                            {AT_PLATFORM, platform},
                            {AT_MINSIGSTKSZ, facts.signal_frame_bytes},
                            {AT_NULL, 0}};
    for (const auto& pair : pairs) {
        TRY(words.push(pair[0]));
        TRY(words.push(pair[1]));
    }
    return {};
}

}  // namespace

Result<void> ProgramArguments::add(Vec<String>& list, std::string_view text) {
    // Each text also costs its pointer.
    const usize cost = text.size() + 1 + sizeof(u64);
    if (text.size() >= kMaxOne || bytes + cost > kMaxBytes) return Error{E2BIG};
    String copy = TRY(String::from(text));
    TRY(list.push(std::move(copy)));
    bytes += cost;
    return {};
}

Result<UserStack> lay_out_stack(u64 top, std::string_view path, const ProgramArguments& arguments,
                                const AuxiliaryFacts& facts) {
    UserStack stack;
    Stacker stacker(stack, top);
    const u64 path_address = TRY(stacker.put(path));
    const Vec<u64> environment = TRY(put_list(stacker, arguments.environment));
    const Vec<u64> list = TRY(put_list(stacker, arguments.arguments));
    const u64 platform = TRY(stacker.put(kPlatform));
    stack.random_address = stacker.reserve(kRandomBytes, 16);
    TRY(stack.words.push(list.size()));
    TRY(push_list(stack.words, list));
    TRY(push_list(stack.words, environment));
    TRY(push_auxiliary(stack.words, facts, path_address, platform, stack.random_address));
    stack.stack_pointer = stacker.reserve(stack.words.size() * sizeof(u64), 16);
    return stack;
}
