// SPDX-License-Identifier: MIT
/// @file
/// @brief Tests of a terminal: line discipline, modes, signals from keys, job control, window size.
/// @chapter testing
///
/// It says what is to be typed in lines `ttytest: type "TEXT"` (with \n, \r, \\, \" and \xNN), and waits for it. A driver
/// that types TEXT as soon as it sees such a line gets the same transcript from Linux and from Twain, echo included.
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <string_view>

namespace {

constexpr int kPatience = 20000;  // milliseconds until we no longer believe that something will be typed

int passed = 0;
int failed = 0;
termios usual{};

void print(std::string_view text) {
    while (!text.empty()) {
        ssize_t const n = write(1, text.data(), text.size());
        if (n > 0)
            text.remove_prefix(static_cast<size_t>(n));
        else if (errno != EINTR)
            return;
    }
}

void pause_milliseconds(long milliseconds) {
    timespec left{milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
}

// Bytes as they are written in a C string.
std::string visible(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (char const c : bytes) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '\n')
            text += "\\n";
        else if (c == '\r')
            text += "\\r";
        else if (c == '"' || c == '\\')
            text += std::string("\\") + c;
        else if (byte >= 32 && byte < 127)
            text += c;
        else
            text += std::string("\\x") + kDigits[byte >> 4] + kDigits[byte & 15];
    }
    return text;
}

void check(std::string_view what, bool holds, std::string const& detail = {}) {
    ++(holds ? passed : failed);
    print("ttytest: " + std::string(what) +
          (holds            ? ": ok"
           : detail.empty() ? ": FAILED"
                            : " (" + detail + "): FAILED") +
          "\n");
}

void same(std::string_view what, std::string_view got, std::string_view want) {
    check(what, got == want, "got \"" + visible(got) + "\", expected \"" + visible(want) + "\"");
}

void ask(std::string_view bytes) { print("ttytest: type \"" + visible(bytes) + "\"\n"); }

bool readable(int milliseconds) {
    pollfd entry{0, POLLIN, 0};
    return poll(&entry, 1, milliseconds) == 1;
}

std::string read_once(size_t limit = 200) {
    char buffer[200];
    if (!readable(kPatience)) return "(nothing was typed)";
    ssize_t const n = read(0, buffer, limit < sizeof buffer ? limit : sizeof buffer);
    return n < 0 ? std::string("(") + strerrorname_np(errno) + ")" : std::string(buffer, static_cast<size_t>(n));
}

// Changes the terminal's local flags and waiting rules.
void set_mode(tcflag_t on, tcflag_t off, cc_t min = 1, cc_t time = 0) {
    termios mode = usual;
    mode.c_lflag = (mode.c_lflag | on) & ~off;
    mode.c_cc[VMIN] = min;
    mode.c_cc[VTIME] = time;
    tcsetattr(0, TCSADRAIN, &mode);
}

void properties() {
    check("standard input, output and error are terminals", isatty(0) == 1 && isatty(1) == 1 && isatty(2) == 1);
    constexpr tcflag_t kLocal = ICANON | ECHO | ECHOE | ISIG | IEXTEN;
    check("lines are edited, echoed, and keys send signals", (usual.c_lflag & kLocal) == kLocal);
    check("return becomes newline", (usual.c_iflag & ICRNL) != 0);
    check("newline becomes return and newline", (usual.c_oflag & (OPOST | ONLCR)) == (OPOST | ONLCR));
    check("the keys are the usual ones", usual.c_cc[VINTR] == 3 && usual.c_cc[VEOF] == 4 && usual.c_cc[VERASE] == 127 &&
                                             usual.c_cc[VKILL] == 21 && usual.c_cc[VSUSP] == 26 &&
                                             usual.c_cc[VQUIT] == 28);
    int const terminal = open("/dev/tty", O_RDWR);
    check("/dev/tty is it", terminal >= 0 && isatty(terminal) == 1);
    if (terminal >= 0) {
        static_cast<void>(!write(terminal, "ttytest: written to /dev/tty\n", 29));
        close(terminal);
    }
    struct stat status {};
    fstat(0, &status);
    check("it is a character device", S_ISCHR(status.st_mode));
    pid_t const session = getsid(0);
    check("it belongs to our session", tcgetsid(0) == session);
}

void lines() {
    ask("hello\n");
    same("a line", read_once(), "hello\n");
    ask("helpx\x7f\x7flo\n");
    same("erased characters", read_once(), "hello\n");
    ask("\x7f\x7fx\n");
    same("nothing to erase", read_once(), "x\n");
    ask("forget this\x15line\n");
    same("an erased line", read_once(), "line\n");
    ask("two words\x17signs\n");
    same("an erased word", read_once(), "two signs\n");
    ask("return\r");
    same("return ends a line", read_once(), "return\n");
    ask("\xc3\xbc\n");
    same("bytes above 127", read_once(), "\xc3\xbc\n");
    ask("one\ntwo\n");
    pause_milliseconds(200);
    same("of two lines the first", read_once(), "one\n");
    same("then the second", read_once(), "two\n");
    ask("abcdef\n");
    same("a read of three bytes", read_once(3), "abc");
    same("then the rest", read_once(), "def\n");
    ask("ab");
    check("half a line is not given", !readable(400));
    ask("c\n");
    same("until it is whole", read_once(), "abc\n");
}

void end_of_file() {
    ask("\x04");
    same("the end at the beginning of a line", read_once(), "");
    ask("abc\x04");
    same("the end in the middle gives what is there", read_once(), "abc");
    ask("\x04");
    same("and then the end", read_once(), "");
    ask("again\n");
    same("after it one can go on", read_once(), "again\n");
}

void raw_modes() {
    set_mode(0, ICANON | ECHO | ISIG | IEXTEN);
    ask("\x03"
        "a\x04\x1a\x7f");
    std::string got;
    while (got.size() < 5 && got.find('(') == std::string::npos) got += read_once();
    same("without ICANON and ISIG keys are bytes", got,
         "\x03"
         "a\x04\x1a\x7f");
    set_mode(0, ICANON | ECHO, 0, 0);
    char byte = 0;
    check("VMIN 0: a read does not wait", read(0, &byte, 1) == 0);
    set_mode(0, ICANON | ECHO, 0, 3);
    timespec before{};
    timespec after{};
    clock_gettime(CLOCK_MONOTONIC, &before);
    check("VTIME 3: it waits", read(0, &byte, 1) == 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long const waited = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    check("for three tenths of a second", waited >= 250 && waited < 5000);
    set_mode(0, ICANON | ECHO, 3, 0);
    ask("xyz");
    char three[8] = {};
    check("VMIN 3: it waits for three bytes", read(0, three, 8) == 3 && std::string_view(three) == "xyz");
    set_mode(ICANON, ECHO);
    ask("secret\n");
    same("without ECHO", read_once(), "secret\n");
    termios plain = usual;
    plain.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    tcsetattr(0, TCSADRAIN, &plain);
    print("ttytest: without OPOST\r\n");
    tcsetattr(0, TCSADRAIN, &usual);
    ask("thrown away\n");
    readable(kPatience);
    tcsetattr(0, TCSAFLUSH, &usual);
    check("TCSAFLUSH throws away what was typed", !readable(100));
    int waiting = -1;
    ask("four\n");
    readable(kPatience);
    check("FIONREAD counts", ioctl(0, FIONREAD, &waiting) == 0 && waiting == 5);
    same("what is then read", read_once(), "four\n");
}

int volatile last_signal = 0;

void note(int signal) { last_signal = signal; }

void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    sigaction(signal, &action, nullptr);
}

// Runs `body` in a child with a process group of its own, in the foreground; gives its wait status.
int in_foreground(int (*body)(), int options = 0) {
    pid_t const child = fork();
    if (child == 0) {
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        _exit(body());
    }
    setpgid(child, child);
    tcsetpgrp(0, child);
    int status = 0;
    waitpid(child, &status, options);
    // The key's echo may come after its signal.
    pause_milliseconds(100);
    tcsetpgrp(0, getpgrp());
    if (WIFSTOPPED(status)) {
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
    }
    return status;
}

// Default actions, as a shell gives them to what it starts.
void default_signals() {
    for (int const signal : {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU}) ::signal(signal, SIG_DFL);
}

int wait_for_key(std::string_view key) {
    default_signals();
    ask(key);
    readable(kPatience);
    return 1;
}

// A key's signal may come before its echo is written.
bool signalled_by(std::string_view key) {
    last_signal = 0;
    ask(key);
    for (int i = 0; i < 200 && last_signal == 0; ++i) readable(100);
    pause_milliseconds(100);
    return last_signal != 0;
}

void keys() {
    int status = in_foreground([] { return wait_for_key("\x03"); });
    check("^C is SIGINT", WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    status = in_foreground([] {
        handle(SIGQUIT, note);
        return signalled_by("\x1c") && last_signal == SIGQUIT ? 7 : 8;
    });
    check("^\\ is SIGQUIT", WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = in_foreground([] { return wait_for_key("\x1a"); }, WUNTRACED);
    check("^Z stops with SIGTSTP", WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
    status = in_foreground([] {
        handle(SIGINT, note);
        ask("lost");
        readable(200);
        if (!signalled_by("\x03")) return 10;
        ask("kept\n");
        return read_once() == "kept\n" ? 9 : 10;
    });
    check("^C throws away the line so far", WIFEXITED(status) && WEXITSTATUS(status) == 9);
}

// Runs `body` in a child with a process group of its own, in the background; gives the first wait status.
int in_background(int (*body)()) {
    pid_t const child = fork();
    if (child == 0) {
        setpgid(0, 0);
        default_signals();
        _exit(body());
    }
    setpgid(child, child);
    int status = 0;
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return status;
}

void background() {
    int status = in_background([] {
        char byte = 0;
        return static_cast<int>(read(0, &byte, 1));
    });
    check("a read in the background stops with SIGTTIN", WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
    status = in_background([] {
        print("ttytest: written in the background\n");
        return 3;
    });
    check("a write does not stop", WIFEXITED(status) && WEXITSTATUS(status) == 3);
    set_mode(TOSTOP, 0);
    status = in_background([] {
        print("ttytest: this is not seen\n");
        return 3;
    });
    check("but with TOSTOP, with SIGTTOU", WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
    tcsetattr(0, TCSADRAIN, &usual);
    status = in_background([] { return tcsetpgrp(0, getpgrp()) == 0 ? 4 : 5; });
    check("taking the foreground stops with SIGTTOU", WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
    status = in_background([] {
        signal(SIGTTIN, SIG_IGN);
        char byte = 0;
        return read(0, &byte, 1) == -1 && errno == EIO ? 6 : 7;
    });
    check("with SIGTTIN ignored, a read is EIO", WIFEXITED(status) && WEXITSTATUS(status) == 6);
    check("the foreground is ours", tcgetpgrp(0) == getpgrp());
    status = in_background([] {
        pid_t const child = fork();
        if (child == 0) {
            setsid();
            _exit(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO ? 8 : 9);
        }
        int ended = 0;
        waitpid(child, &ended, 0);
        return WEXITSTATUS(ended);
    });
    check("a new session has no /dev/tty", WIFEXITED(status) && WEXITSTATUS(status) == 8);
    check("a group that does not exist cannot have it",
          tcsetpgrp(0, 0x3ffffff) == -1 && (errno == ESRCH || errno == EPERM));
}

void window_size() {
    winsize before{};
    check("there is a window size", ioctl(0, TIOCGWINSZ, &before) == 0);
    handle(SIGWINCH, note);
    last_signal = 0;
    winsize const changed{static_cast<unsigned short>(before.ws_row + 9),
                          static_cast<unsigned short>(before.ws_col + 19), 0, 0};
    check("it can be changed", ioctl(0, TIOCSWINSZ, &changed) == 0);
    winsize now{};
    ioctl(0, TIOCGWINSZ, &now);
    check("and read back", now.ws_row == changed.ws_row && now.ws_col == changed.ws_col);
    check("which sends SIGWINCH", last_signal == SIGWINCH);
    last_signal = 0;
    ioctl(0, TIOCSWINSZ, &changed);
    check("the same size once more sends none", last_signal == 0);
    ioctl(0, TIOCSWINSZ, &before);
}

constexpr std::string_view kUsage =
    "usage: ttytest\n"
    "Tests the terminal that it runs on. It asks for what is to be typed: lines 'ttytest: type \"TEXT\"', in which\n"
    "\\n, \\r, \\\\, \\\" and \\xNN stand for bytes. Type exactly that, at once, and nothing else.\n"
    "Exit status: 0 when every check holds, 1 when one fails, 2 for wrong arguments or without a terminal.\n";

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--help") return print(kUsage), 0;
    if (argc > 1 || tcgetattr(0, &usual) != 0) {
        std::string const reason =
            argc > 1 ? "unexpected argument " + std::string(argv[1]) : "standard input is no terminal";
        std::string const line = "ttytest: " + reason + "; try ttytest --help\n";
        static_cast<void>(!write(2, line.data(), line.size()));
        return 2;
    }
    signal(SIGTTOU, SIG_IGN);
    pid_t const starter = tcgetpgrp(0);
    setpgid(0, 0);
    tcsetpgrp(0, getpgrp());
    properties();
    lines();
    end_of_file();
    raw_modes();
    keys();
    background();
    window_size();
    tcsetattr(0, TCSADRAIN, &usual);
    print(std::to_string(passed) + " passed, " + std::to_string(failed) + " failed\n");
    if (starter > 0) tcsetpgrp(0, starter);
    return failed == 0 ? 0 : 1;
}
