// SPDX-License-Identifier: MIT
/// @file
/// @brief Writes a class of submissions: the reference, the handout, mutants, and whatever else may be handed in.
/// @chapter testing
#include "tests/labs/class_submissions.h"

#include <sys/stat.h>

#include <functional>

#include "debugger-ui/rsp/error.h"
#include "labs/handout/handout.h"
#include "labs/mutant.h"

namespace grading {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "kernel/mm/buddy.cpp";

/// A submission that is one text, which must not get through.
struct Broken {
    const char* name;
    bool after_the_reference;  ///< the text follows a whole solution
    std::string text;
    const char* problem;
};

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

/// Each computes for about a second, as long as the compiler lets a constant expression take.
std::string constexpr_bomb() {
    std::string text =
        "constexpr unsigned f(unsigned n) { for (unsigned i = 0; i < 20'000'000; ++i) n = n * 3 + i; return n; }\n";
    for (int i = 0; i < 500; ++i) text += "static_assert(f(" + std::to_string(i) + ") != 1);\n";
    return text;
}

std::string macro_bomb() {
    std::string text = "#define A0 1,\n";
    for (int i = 1; i < 12; ++i)
        text += "#define A" + std::to_string(i) + repeated(" A" + std::to_string(i - 1), 10) + "\n";
    return text + "int bomb[] = {A11};\n";
}

std::string garbage() {
    std::string text;
    unsigned state = 20151001;
    for (int i = 0; i < 100'000; ++i) text += static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
    return text;
}

std::string many_errors() {
    std::string text;
    for (int i = 0; i < 12'000; ++i) text += "undeclared_" + std::to_string(i) + "();\n";
    return text;
}

/// `here`: where the submissions lie; `reference`: the grader's own tree.
std::vector<Broken> broken(const fs::path& here, const fs::path& reference) {
    const std::string object = (reference / "build/kernel/mm/buddy.cpp.o").string();
    return {
        {"syntax-error", true, "int x = ;\n", "error: "},
        {"half-a-file", false, "#include \"mm/buddy.h\"\nvoid BuddyAllocator::push(", "error: "},
        {"other-class", false, "int main() { return 0; }\n", "undefined reference|error: "},
        {"empty-file", false, "", "undefined reference"},
        {"defines-twice", true,
         "extern \"C\" void kernel_main() {}\nint panic_at;\nvoid BuddyAllocator::push(u64, unsigned) {}\n", "error: "},
        {"garbage", false, garbage(), "error: |1 MiB of messages"},
        {"too-large", false, repeated("// nothing\n", 110'000), "larger than 1 MiB"},
        {"includes-the-reference", false, "#include \"" + (reference / kFile).string() + "\"\n", "No such file"},
        {"includes-it-by-a-relative-path", false,
         "#include \"../../../../../.." + (reference / kFile).string() + "\"\n", "No such file"},
        {"includes-a-neighbour", false, "#include \"" + (here / "reference" / kFile).string() + "\"\n", "No such file"},
        {"includes-itself", false, std::string("#include \"") + "buddy.cpp\"\n", "nested depth"},
        {"includes-a-password-file", true, "#include \"/etc/passwd\"\n", "No such file"},
        {"includes-no-end", true, "#include \"/dev/zero\"\n", "No such file"},
        {"includes-a-terminal", true, "#include \"/dev/tty\"\n", "No such file"},
        {"includes-its-own-descriptor", true, "#include \"/proc/self/fd/0\"\n", "No such file"},
        {"reads-the-object", true, "asm(\".incbin \\\"" + object + "\\\"\");\n", "file not found"},
        {"reads-the-nearby-object", true, "asm(\".incbin \\\"build/kernel/mm/buddy.cpp.o\\\"\");\n",
         "file not found|not enough|Error: "},
        {"reads-the-kernel", true, "asm(\".incbin \\\"build/twain.elf\\\"\");\n", "file not found"},
        {"reads-shadow", true, "asm(\".incbin \\\"/etc/shadow\\\"\");\n", "file not found"},
        {"array-of-5-gb", true, "unsigned char array[5ULL << 30] = {1};\n", "larger than 64 MiB"},
        {"assembles-without-end", true, "asm(\".data\\n.rept 2000000000\\n.quad 1\\n.endr\");\n",
         "more than 1024 MiB of memory|larger than 64 MiB|more than 30 s"},
        {"macro-bomb", true, macro_bomb(), "more than 1024 MiB of memory|more than 30 s"},
        {"template-bomb", true, "template <int N> struct A { A<N + 1> a; A<N - 1> b; };\nA<0> a;\n", "depth|memory"},
        {"constexpr-bomb", true, constexpr_bomb(), "more than 30 s of processor time"},
        {"endless-messages", false, many_errors(), "1 MiB of messages"},
    };
}

/// Whole solutions under names that a table, a shell or a page might trip over.
const std::vector<std::string> kNames{"-rf",        "two words",       "quote'and\"quote", "<img src=x>",
                                      "=1+1",       "comma,semicolon", "$(touch pwned)",   "Ünïcödé",
                                      "{} {1} {#}", "back\\slash"};

/// Text in the place of another in the reference.
std::string changed(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) throw machine::Error("the reference has no " + from);
    return text.replace(at, from.size(), to);
}

class Writer {
   public:
    Writer(const Lab& lab, const fs::path& folder) : lab_(lab), folder_(folder), text_(read_file(kFile)) {}

    void whole(const std::string& name) { text(name, text_, verdicts({}), ""); }

    /// `loses`: those whose verdict is `wrong`.
    static std::map<std::string, std::string> verdicts(const std::set<std::string>& loses, const char* lost = "wrong") {
        std::map<std::string, std::string> verdicts;
        for (const std::string& name : kClassBehaviours) verdicts[name] = loses.contains(name) ? lost : "passed";
        return verdicts;
    }
    static std::map<std::string, std::string> all(const char* verdict) {
        return verdicts({kClassBehaviours.begin(), kClassBehaviours.end()}, verdict);
    }

    void text(const std::string& name, const std::string& text, std::map<std::string, std::string> verdicts,
              const std::string& problem) {
        write_file_in(folder_ / name / kFile, text);
        expected_.push_back({name, std::move(verdicts), problem});
    }
    void mutants() {
        for (const Mutant& mutant : Mutant::of(lab_)) {
            mutant.write(lab_, folder_ / mutant.name);
            // A mutant's file says what it loses, and not how; that which hangs does so.
            expected_.push_back({mutant.name, verdicts(mutant.loses, mutant.name == "hangs" ? "hang" : "lost"), ""});
        }
    }
    /// One that is no plain file.
    void odd(const std::string& name, const std::function<void(const fs::path&)>& make, const char* problem) {
        fs::create_directories((folder_ / name / kFile).parent_path());
        make(folder_ / name / kFile);
        expected_.push_back({name, all("does-not-build"), problem});
    }

    const std::string& reference() const { return text_; }
    std::vector<Expected> expected() { return std::move(expected_); }
    void add(const Expected& one) { expected_.push_back(one); }

   private:
    static void write_file_in(const fs::path& path, const std::string& text) {
        fs::create_directories(path.parent_path());
        write_file(path, text);
    }
    const Lab& lab_;
    fs::path folder_;
    std::string text_;
    std::vector<Expected> expected_;
};

}  // namespace

std::vector<Expected> write_class(const Lab& lab, const fs::path& folder) {
    Writer writer(lab, folder);
    const fs::path reference = fs::current_path();
    writer.whole("reference");
    make_handout(lab, folder / "handout");
    writer.add({"handout", Writer::all("crash"), ""});
    writer.mutants();
    for (const std::string& name : kNames) writer.whole(name);
    for (const Broken& each : broken(folder, reference))
        writer.text(each.name, (each.after_the_reference ? writer.reference() : "") + each.text,
                    Writer::all("does-not-build"), each.problem);
    writer.odd(
        "no-file", [](const fs::path&) {}, "there is no file");
    writer.odd(
        "link", [&](const fs::path& file) { fs::create_symlink(reference / kFile, file); }, "symbolic link");
    writer.odd(
        "linked-folder",
        [&](const fs::path& file) {
            fs::remove(file.parent_path());
            fs::create_directory_symlink(reference / "kernel/mm", file.parent_path());
        },
        "symbolic link");
    writer.odd(
        "folder", [](const fs::path& file) { fs::create_directory(file); }, "no plain file");
    writer.odd(
        "pipe", [](const fs::path& file) { ::mkfifo(file.c_str(), 0600); }, "no plain file");
    // It never stops printing, and nobody reads it.
    writer.text("endless-output",
                changed(writer.reference(), "BuddyAllocator::allocate(unsigned order) {",
                        "BuddyAllocator::allocate(unsigned order) {\n    while (order < 100) "
                        "asm volatile(\"outb %b0, %w1\" : : \"a\"('x'), \"d\"(0x3f8));"),
                Writer::all("hang"), "");
    return writer.expected();
}

}  // namespace grading
