// SPDX-License-Identifier: MIT
/// @file
/// @brief storm: many processes and threads that fork, lock, stop, kill and replace each other, all at once.
/// @chapter testing
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "deeds.h"

namespace storm {
namespace {

constexpr char kUsage[] =
    "usage: storm [--rounds N] [--damaged N] [--seed N]\n"
    "Does every deed at once, N rounds long (default 3); a line per deed says whether it ever went wrong. Then "
    "executes N\n"
    "damaged copies of this program (default 100).\n"
    "Exit status: 0 when all went well, 1 when something did not, 2 for wrong arguments.\n";
constexpr unsigned kDeedSeconds = 120;

struct Options {
    int rounds = 3, damaged = 100;
    unsigned seed = 1;
};

[[noreturn]] void usage_error(std::string const& message) {
    fprintf(stderr, "storm: %s; try storm --help\n", message.c_str());
    exit(2);
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        std::string const word = argv[i];
        if (word == "--nothing") exit(0);
        if (word == "--help") {
            fputs(kUsage, stdout);
            exit(0);
        }
        if (i + 1 == argc) usage_error(word + " needs a value, or is unknown");
        int const value = atoi(argv[++i]);
        if (word == "--rounds") {
            options.rounds = value;
        } else if (word == "--damaged") {
            options.damaged = value;
        } else if (word == "--seed") {
            options.seed = static_cast<unsigned>(value);
        } else {
            usage_error("unknown option " + word);
        }
    }
    return options;
}

std::vector<Deed> all_deeds() {
    std::vector<Deed> deeds;
    for (auto const group : {thread_deeds(), process_deeds()}) deeds.insert(deeds.end(), group.begin(), group.end());
    return deeds;
}

pid_t start(Deed const& deed) {
    pid_t const child = fork();
    if (child != 0) return child;
    // A deed that hangs is ended by SIGALRM, which shows in its status; the one that uses the alarm clock does not hang.
    alarm(kDeedSeconds);
    _exit(deed.run());
}

int run_round(std::vector<Deed> const& deeds, std::vector<int>& statuses) {
    std::vector<pid_t> children;
    for (Deed const& deed : deeds) children.push_back(start(deed));
    int bad = 0;
    for (size_t i = 0; i < deeds.size(); ++i) {
        int status = 0;
        if (waitpid(children[i], &status, 0) != children[i]) status = -1;
        if (status == 0) continue;
        statuses[i] = status;
        ++bad;
    }
    return bad;
}

int run(Options const& options) {
    std::vector<Deed> const deeds = all_deeds();
    std::vector<int> statuses(deeds.size());
    int bad = 0;
    for (int round = 0; round < options.rounds; ++round) bad += run_round(deeds, statuses);
    for (size_t i = 0; i < deeds.size(); ++i) {
        printf("%.*s: ", static_cast<int>(deeds[i].name.size()), deeds[i].name.data());
        if (statuses[i] == 0)
            puts("ok");
        else
            printf("FAILED, status 0x%x\n", static_cast<unsigned>(statuses[i]));
    }
    fflush(stdout);
    int const damaged = execute_damaged_programs(options.seed, options.damaged);
    if (damaged == 0)
        puts("damaged-programs: ok");
    else
        printf("damaged-programs: FAILED at %d\n", damaged);
    return bad == 0 && damaged == 0 ? 0 : 1;
}

}  // namespace
}  // namespace storm

int main(int argc, char** argv) { return storm::run(storm::parse(argc, argv)); }
