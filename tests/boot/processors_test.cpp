// SPDX-License-Identifier: MIT
/// @file
/// @brief Processors that lack something: Twain boots on all of them, and runs guests or says what is missing.
/// @chapter booting
#include <gtest/gtest.h>

#include "tests/boot/guest.h"
#include "tests/boot/nested_faults.h"

namespace machine {
namespace {

/// A processor by the names that the emulators have for it; `model` is QEMU's or Bochs's.
struct Processor {
    const char* name;
    std::string model;
};

void PrintTo(const Processor& processor, std::ostream* out) { *out << processor.model; }

std::vector<Processor> only(std::vector<Processor> qemu, std::vector<Processor> bochs) {
    return on_bochs() ? std::move(bochs) : std::move(qemu);
}

Options machine_of(const Processor& processor, TwainOptions options) {
    if (!on_bochs()) options.more = {"-cpu", processor.model};
    Options machine = twain(options);
    if (machine.bochs) machine.bochs->processor = processor.model;
    return machine;
}

std::string name_of(const testing::TestParamInfo<Processor>& instance) { return instance.param.name; }

/// One that cannot run guests, for a reason that `vmm` gives in one line.
struct Plain {
    Processor processor;
    const char* missing;
};

std::vector<Plain> plain_processors() {
    if (on_bochs()) {
        const std::string plain = kPlainProcessor;
        return {{{"WithoutVmx", plain + "0"}, "neither VMX nor SVM"},
                {{"WithoutEpt", plain + "1"}, "VMX without EPT"},
                {{"Penryn", "core2_penryn_t9600"}, "VMX without EPT"},
                {{"Lynnfield", "corei5_lynnfield_750"}, "VMX without unrestricted guest"}};
    }
    return {{{"WithoutSvm", "max,la57=off,svm=off"}, "neither VMX nor SVM"},
            {{"WithoutNestedPages", "max,la57=off,npt=off"}, "SVM without nested paging"},
            {{"Core2", "core2duo"}, "neither VMX nor SVM"},
            {{"Sandybridge", "SandyBridge"}, "neither VMX nor SVM"}};
}

void PrintTo(const Plain& plain, std::ostream* out) { *out << plain.processor.model; }

class PlainProcessors : public testing::TestWithParam<Plain> {};

/// The two oldest have neither pages of 1 GiB nor XSAVE; some of the memory lies above 4 GiB.
TEST_P(PlainProcessors, RunTwainWhichSaysWhatTheyLack) {
    const auto& [processor, missing] = GetParam();
    Machine machine(machine_of(processor, {.initramfs = "initramfs-test.cpio", .memory = on_bochs() ? "1G" : "5G"}));
    Shell shell = machine.shell(kTwainPrompt);
    shell.wait_for_prompt(Seconds(60));
    EXPECT_EQ(shell.run("cat /proc/vm"), std::string("none: ") + missing + "\n");
    EXPECT_EQ(shell.run("vmm /guest/vmlinuz; echo status $?"),
              std::string("vmm: this machine cannot run guests: ") + missing + "; try another\nstatus 1\n");
    for (const char* cases : {"registers", "handler-fpu", "switch", "preemption", "fork", "exec-memory"}) {
        const std::string output = shell.run("/test/systest " + std::string(cases) + "; echo status $?", Seconds(60));
        EXPECT_NE(output.find("status 0\n"), std::string::npos) << output;
    }
    machine.console().type("poweroff\n");
    EXPECT_EQ(machine.wait_for_end(), 0);
}

INSTANTIATE_TEST_SUITE_P(Of, PlainProcessors, testing::ValuesIn(plain_processors()),
                         [](const auto& instance) { return instance.param.processor.name; });

/// What an older processor lacks, a guest there does without.
class OlderProcessors : public testing::TestWithParam<Processor> {};

TEST_P(OlderProcessors, RunGuestsInPagesOf2MiB) {
    // With a whole GiB among the guest's memory; Bochs's machines have 2 GiB at most.
    const Options options = on_bochs()
                                ? machine_of(GetParam(), {.memory = "1G", .words = "mode=guest guest_mem=256M"})
                                : machine_of(GetParam(), {.memory = "2560M", .words = "mode=guest guest_mem=2G"});
    Guest guest(options);
    EXPECT_EQ(guest.shell.run("dmesg | grep 'cut here'"), "");
    EXPECT_EQ(guest.shell.run("seq 5000 | md5sum | cut -c 1-8"), "a5a208cd\n");
    const NestedFaults faults = nested_faults(guest.machine.rsp());
    EXPECT_TRUE(faults.walk.violations.empty());
    EXPECT_EQ(faults.walk.bytes_of_level[3], 0u);
    EXPECT_GT(faults.walk.bytes_of_level[2], 30 * kMiB);
    guest.machine.rsp().resume();
    EXPECT_EQ(guest.power_off(), 0);
}

INSTANTIATE_TEST_SUITE_P(Of, OlderProcessors,
                         testing::ValuesIn(only({{"WithoutPagesOf1GiB", "max,la57=off,pdpe1gb=off"},
                                                 {"WithoutXsaveToo", "max,la57=off,pdpe1gb=off,xsave=off"}},
                                                {{"SandyBridge", "corei7_sandy_bridge_2600k"},
                                                 {"Arrandale", "corei5_arrandale_m520"}})),
                         name_of);

}  // namespace
}  // namespace machine
