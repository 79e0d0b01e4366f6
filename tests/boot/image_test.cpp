// SPDX-License-Identifier: MIT
/// @file
/// @brief Twain started by GRUB from the rescue image, and by loaders that leave something out.
/// @chapter booting
#include <gtest/gtest.h>

#include "tests/boot/guest.h"

namespace machine {
namespace {

/// A machine without a kernel of its own; it takes longer to start than others, since GRUB reads through the firmware.
Options bare_machine(std::vector<std::string> more) {
    Options options = twain();
    options.arguments.resize(options.arguments.size() - 6);  // -kernel FILE -initrd FILE -append WORDS
    options.arguments.insert(options.arguments.end(), more.begin(), more.end());
    return options;
}

constexpr const char* kNoInitramfs = "twain: the loader brought no initramfs; give it as the first module";
constexpr const char* kLongCommandLine = "twain: the kernel's command line is longer than 1024 bytes; shorten it\r\n";

TEST(Image, BootsTheGuestByGrub) {
    Guest guest(bare_machine({"-cdrom", build_directory() + "/twain.iso"}));
    EXPECT_EQ(guest.shell.run("uname -s"), "Linux\n");
    EXPECT_EQ(guest.shell.run("stty size"), "24 80\n");
    EXPECT_EQ(guest.power_off(), 0);
}

TEST(Image, BootsFromADiskAsFromAStick) {
    Machine machine(bare_machine({"-drive", "format=raw,snapshot=on,file=" + build_directory() + "/twain.iso"}));
    machine.shell(kGuestPrompt).wait_for_prompt(kGuestBoot);
}

TEST(Boot, SaysThatTheInitramfsIsMissing) {
    Machine machine(bare_machine({"-kernel", build_directory() + "/twain.elf", "-append", "mode=host"}));
    machine.console().expect(kNoInitramfs);
    EXPECT_EQ(machine.console().read_for(Seconds(1)), " (GRUB: module2, QEMU: -initrd)\r\n");
}

TEST(Boot, RefusesACommandLineThatWouldBeCut) {
    Machine machine(bare_machine({"-kernel", build_directory() + "/twain.elf", "-initrd",
                                  build_directory() + "/initramfs.cpio", "-append", std::string(1025, 'x')}));
    machine.console().expect(kLongCommandLine);
    EXPECT_EQ(machine.console().read_for(Seconds(1)), "");
}

}  // namespace
}  // namespace machine
