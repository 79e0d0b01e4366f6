// SPDX-License-Identifier: MIT
/// @file
/// @brief System-call tests: the C++ library on top: streams, exceptions, allocation from many threads.
/// @chapter testing
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "harness.h"
#include "support.h"

namespace systest {

namespace {

void string_streams() {
    std::ostringstream out;
    out << 42 << ' ' << std::hex << std::showbase << 255 << ' ' << std::dec << std::setprecision(4) << 3.14159265 << ' '
        << std::setw(6) << std::setfill('*') << 7 << ' ' << std::boolalpha << true;
    same_text("formatted output", out.str(), "42 0xff 3.142 *****7 true");
    std::istringstream in("17 -3 2.5 word rest of it");
    int a = 0;
    int b = 0;
    double c = 0;
    std::string word;
    std::string rest;
    in >> a >> b >> c >> word;
    std::getline(in, rest);
    check("formatted input", a == 17 && b == -3 && c == 2.5 && word == "word" && rest == " rest of it");
}

void file_streams() {
    {
        std::ofstream out("stream.txt");
        for (int i = 0; i < 5000; ++i) out << "line " << i << '\n';
        check("a file stream writes", out.good());
    }
    std::ifstream in("stream.txt");
    std::string line;
    int lines = 0;
    int wrong = 0;
    while (std::getline(in, line)) wrong += line != "line " + std::to_string(lines++) ? 1 : 0;
    check("and reads 5000 lines back", lines == 5000 && wrong == 0);
    in.clear();
    in.seekg(-5, std::ios::end);
    std::getline(in, line);
    same_text("seekg finds the end of it", line, "4999");
    std::fstream both("stream.txt", std::ios::in | std::ios::out);
    both.seekp(0);
    both << "LINE";
    both.seekg(0);
    std::getline(both, line);
    same_text("a stream for both", line, "LINE 0");
    check("a stream of nothing is bad", !std::ifstream("missing"));
    {
        std::ofstream more("stream.txt", std::ios::app);
        more << "appended\n";
    }
    check("append", read_file("stream.txt").ends_with("line 4999\nappended\n"));
    FILE* const file = fopen("c.txt", "w+");
    fprintf(file, "%s %d %.3f\n", "formatted", 12, 0.5);
    rewind(file);
    char text[64] = {};
    check("stdio", fgets(text, sizeof text, file) == text && strcmp(text, "formatted 12 0.500\n") == 0);
    fclose(file);
    std::string output;
    FILE* const pipe = popen("echo from a shell", "r");
    if (pipe != nullptr) {
        while (fgets(text, sizeof text, pipe) != nullptr) output += text;
        pclose(pipe);
    }
    same_text("popen runs a shell", output, "from a shell\n");
}

void file_system() {
    namespace fs = std::filesystem;
    fs::create_directories("x/y/z");
    std::ofstream("x/y/file") << "12345";
    check("create_directories", fs::is_directory("x/y/z"));
    equal("file_size", fs::file_size("x/y/file"), 5);
    fs::copy_file("x/y/file", "x/copy");
    same_text("copy_file", read_file("x/copy"), "12345");
    int entries = 0;
    for ([[maybe_unused]] auto const& entry : fs::recursive_directory_iterator("x")) ++entries;
    equal("recursive_directory_iterator", entries, 4);
    equal("remove_all", fs::remove_all("x"), 5);
    std::error_code error;
    static_cast<void>(fs::file_size("missing", error));
    check("an error_code for what is missing", error == std::errc::no_such_file_or_directory);
}

struct Guarded {
    explicit Guarded(int& count) : count_(count) { ++count_; }
    Guarded(Guarded const&) = delete;
    Guarded& operator=(Guarded const&) = delete;
    ~Guarded() { --count_; }
    int& count_;
};

__attribute__((noinline)) int descend(int depth, int& alive) {
    Guarded const guard(alive);
    if (depth == 0) throw std::runtime_error("from the bottom");
    return descend(depth - 1, alive) + 1;
}

void exceptions() {
    int alive = 0;
    std::string what;
    try {
        descend(100, alive);
    } catch (std::exception const& error) { what = error.what(); }
    same_text("through a hundred frames", what, "from the bottom");
    equal("every frame was unwound", alive, 0);
    int caught = 0;
    for (int i = 0; i < 2000; ++i) {
        try {
            throw i;
        } catch (int const number) { caught += number == i ? 1 : 0; }
    }
    equal("2000 in a row", caught, 2000);
    std::atomic<int> in_threads = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 500; ++n) {
                try {
                    static_cast<void>(std::vector<int>(3).at(5));
                } catch (std::out_of_range const&) { ++in_threads; }
            }
        });
    for (auto& thread : threads) thread.join();
    equal("in four threads at once", in_threads.load(), 2000);
    bool refused = false;
    try {
        ::operator delete(::operator new(SIZE_MAX / 4));
    } catch (std::bad_alloc const&) { refused = true; } catch (std::length_error const&) {
        refused = true;
    }
    check("an impossible allocation throws", refused);
    int const status = run_child([]() -> int {
        close(2);
        std::thread([] { throw 1; }).join();
        return 0;
    });
    check("one that nobody may catch aborts", WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

void allocation() {
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 6; ++i)
        threads.emplace_back([&, i] {
            std::map<unsigned, std::string> table;
            unsigned state = i * 77 + 1;
            for (int n = 0; n < 5000; ++n) {
                state = state * 1664525u + 1013904223u;
                unsigned const key = state >> 24;
                auto const found = table.find(key);
                if (found != table.end()) {
                    wrong += found->second != std::string((key + 1) * 13u, static_cast<char>('a' + key % 26)) ? 1 : 0;
                    table.erase(found);
                } else {
                    table.emplace(key, std::string((key + 1) * 13u, static_cast<char>('a' + key % 26)));
                }
            }
        });
    for (auto& thread : threads) thread.join();
    equal("six threads that allocate and free", wrong.load(), 0);
    std::vector<std::unique_ptr<char[]>> blocks;
    for (int i = 0; i < 40; ++i) blocks.push_back(std::make_unique<char[]>(1 << 20));
    check("40 blocks of 1 MiB", blocks.back()[(1 << 20) - 1] == 0);
}

void output_order() {
    Pipe pipe;
    pid_t const child = start_child([&] {
        dup2(pipe.writer.get(), 1);
        std::cout << "buffered " << 1;
        std::cout.flush();
        printf(" and %d", 2);
        fflush(stdout);
        std::cout << " and " << 3 << std::endl;
        return 0;
    });
    pipe.writer.close();
    same_text("std::cout and printf", read_up_to(pipe.reader.get(), 1000), "buffered 1 and 2 and 3\n");
    wait_for(child);
}

constexpr Case kCases[] = {
    {"string-streams", string_streams}, {"file-streams", file_streams}, {"filesystem", file_system},
    {"exceptions", exceptions},         {"allocation", allocation},     {"standard-output", output_order},
};

}  // namespace

Group language_cases() { return kCases; }

}  // namespace systest
