// SPDX-License-Identifier: MIT
/// @file
/// @brief The console's terminal and its nodes: /dev/console, /dev/ttyS0 and, for whoever has it as its terminal, /dev/tty.
/// @chapter terminal
#include "drivers/tty.h"
#include "fs/devices.h"

namespace {

/// The one terminal, with a reference for ever.
constinit Tty* console_tty = nullptr;

Result<Ref<File>> open_tty(const OpenRequest& request, Ref<Tty> tty) {
    Ref<TtyFile> file = TRY(make_ref<TtyFile>(request, std::move(tty)));
    TRY(file->keep_name(request));
    return Ref<File>(file);
}

/// Never becomes a controlling terminal by being opened, as on Linux.
Result<Ref<File>> open_console(const OpenRequest& request) { return open_tty(request, Ref<Tty>(console_tty)); }

Result<Ref<File>> open_serial(const OpenRequest& request) {
    Ref<File> file = TRY(open_tty(request, Ref<Tty>(console_tty)));
    if (!(request.flags & open_flag::kNoControllingTty)) console_tty->adopt_session();
    return file;
}

/// The terminal of the current session. Every Terminal is a Tty.
Result<Ref<File>> open_own(const OpenRequest& request) {
    const Ref<Terminal> terminal = process_job_control().terminal();
    if (!terminal) return Error{ENXIO};
    return open_tty(request, Ref<Tty>(static_cast<Tty*>(terminal.get())));
}

constinit CharDevice tty_devices[] = {
    {"console", {5, 1}, 0600, open_console},
    {"tty", {5, 0}, 0666, open_own},
    {"ttyS0", {4, 64}, 0660, open_serial},
};

}  // namespace

Result<Ref<Tty>> ttys::create_console(TtyPort& port) {
    Ref<Tty> tty = TRY(make_ref<Tty>(port, process_job_control(), DeviceNumber{4, 64}));
    TRY(tty->create());
    tty->take_reference();
    console_tty = tty.get();
    for (CharDevice& device : tty_devices) devices::add(device);
    return tty;
}

Ref<Tty> ttys::console() { return Ref<Tty>(console_tty); }
