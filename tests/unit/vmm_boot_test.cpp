// SPDX-License-Identifier: MIT
/// @file
/// @brief The bzImage loader on Debian's own kernel and on damaged ones; the ACPI tables.
/// @chapter testing
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/unit/vmm_guest.h"
#include "vmm/acpi.h"
#include "vmm/failure.h"
#include "vmm/linux_boot.h"
#include "vmm/page_walk.h"
#include "vmm/power.h"
#include "vmm/serial_port.h"
#include "vmm/virtio_console.h"

namespace vmm {
namespace {

namespace fs = std::filesystem;

const char* const kKernel = "build/guest/vmlinuz";
constexpr std::uint64_t kMemory = 128 * kMiB;
constexpr GuestPhys kRsdp{0xe0000};

/// A directory that goes away.
class Scratch {
   public:
    Scratch() {
        char name[] = "/tmp/twain-vmm-XXXXXX";
        path_ = ::mkdtemp(name);
    }
    ~Scratch() { fs::remove_all(path_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::string file(const std::string& name, const std::string& content) const {
        const std::string path = path_ / name;
        std::ofstream(path, std::ios::binary) << content;
        return path;
    }
    std::string path() const { return path_; }

   private:
    fs::path path_;
};

std::string read_file(const std::string& path, std::size_t size = std::string::npos) {
    std::ifstream stream(path, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(stream), {});
    return text.substr(0, size);
}

std::string complaint(const std::function<void()>& work) {
    try {
        work();
    } catch (const Failure& failure) { return failure.what(); }
    return "";
}

std::string complaint_about(const std::string& path) {
    return complaint([&] {
        const File file(path, "kernel");
        const BzImage image(file);
    });
}

class Boot : public testing::Test {
   protected:
    void SetUp() override { ASSERT_TRUE(fs::exists(kKernel)) << "run this from the top of the tree, after make"; }
    Scratch scratch_;
};

TEST_F(Boot, ReadsDebiansKernel) {
    const File file(kKernel, "kernel");
    const BzImage image(file);
    EXPECT_GE(image.header().version, 0x020f);
    EXPECT_GT(image.payload_size(), 1 * kMiB);
    EXPECT_EQ(image.payload_offset() % 512, 0U);
}

TEST_F(Boot, RefusesWhatIsNoKernel) {
    EXPECT_NE(complaint_about("/nowhere/at/all").find("No such file"), std::string::npos);
    EXPECT_NE(complaint_about(scratch_.path()).find("not a regular file"), std::string::npos);
    EXPECT_NE(complaint_about(scratch_.file("empty", "")).find("too short"), std::string::npos);
    EXPECT_NE(complaint_about(scratch_.file("zero", std::string(100'000, '\0'))).find("not a Linux kernel"),
              std::string::npos);
    const std::string whole = read_file(kKernel);
    EXPECT_NE(complaint_about(scratch_.file("cut", whole.substr(0, whole.size() / 2))).find("cut short"),
              std::string::npos);
    std::string old = whole.substr(0, 4096);
    old[0x206] = 0x0b;
    old[0x207] = 0x02;
    EXPECT_NE(complaint_about(scratch_.file("old", old)).find("64-bit entry"), std::string::npos);
}

// Whatever stands in a header, reading and placing it ends with a placement inside memory or with one line.
TEST_F(Boot, SurvivesDamagedHeaders) {
    const std::string whole = read_file(kKernel);
    for (std::size_t at = 0x1f1; at < 0x268; ++at) {
        std::string bad = whole.substr(0, 1 << 20);
        bad[at] = static_cast<char>(~bad[at]);
        bad[0x1f4] = bad[0x1f5] = bad[0x1f7] = 0;  // a size that the file has
        bad[0x1f6] = at == 0x1f6 ? '\7' : '\0';
        bad[0x1f5] = 1;
        const std::string path = scratch_.file("bad", bad);
        const std::string said = complaint([&] {
            const File file(path, "kernel");
            const BzImage image(file);
            const LinuxGuest guest{image, nullptr, "", kMemory};
            const LinuxPlacement placement = place_linux(guest);
            EXPECT_GE(placement.kernel.start, kHighMemoryStart) << std::hex << at;
            EXPECT_LE(placement.kernel.end, GuestPhys(kMemory)) << std::hex << at;
            EXPECT_GE(placement.kernel.size(), image.payload_size());
        });
        EXPECT_EQ(said.find('\n'), std::string::npos);
    }
}

TEST_F(Boot, PlacesTheInitramfsHigh) {
    const File file(kKernel, "kernel");
    const BzImage image(file);
    const File initramfs(scratch_.file("rd", std::string(5000, 'r')), "initramfs");
    const auto place = [&](std::uint64_t memory) { return place_linux({image, &initramfs, "", memory}).initramfs; };
    EXPECT_EQ(place(kMemory).start, GuestPhys(kMemory - 8192));
    EXPECT_EQ(place(kMemory).size(), 5000U);
    const GuestPhys limit{std::uint64_t{image.header().initrd_addr_max} + 1};
    EXPECT_LE(place(8 * kGiB).end, std::min(limit, kDeviceHole));
    EXPECT_EQ(place(8 * kGiB).start.value % kPageSize, 0U);
}

TEST_F(Boot, SaysWhatDoesNotFit) {
    const File file(kKernel, "kernel");
    const BzImage image(file);
    EXPECT_NE(complaint([&] { place_linux({image, nullptr, "", 32 * kMiB}); }).find("--memory"), std::string::npos);
    const std::string path = scratch_.file("rd", "");
    fs::resize_file(path, 100 * kMiB);
    const File initramfs(path, "initramfs");
    EXPECT_NE(complaint([&] {
                  place_linux({image, &initramfs, "", kMemory});
              }).find("does not fit"),
              std::string::npos);
    const std::string line(image.header().cmdline_size + 1, 'x');
    EXPECT_NE(complaint([&] { place_linux({image, nullptr, line, kMemory}); }).find("--append"), std::string::npos);
}

TEST_F(Boot, LoadsByTheProtocol) {
    const TestMemory memory(kMemory);
    const File file(kKernel, "kernel");
    const BzImage image(file);
    const File initramfs(scratch_.file("rd", "the initramfs"), "initramfs");
    const LinuxGuest guest{image, &initramfs, "console=hvc0", kMemory};
    const LinuxPlacement placement = place_linux(guest);
    abi::RingV state{};
    load_linux(guest, placement, kRsdp, *memory, state);

    const auto params = memory->load<boot_params>(GuestPhys(state.general.rsi));
    EXPECT_EQ(params.hdr.header, 0x53726448U);
    EXPECT_EQ(params.acpi_rsdp_addr, kRsdp.value);
    EXPECT_EQ(params.e820_entries, 3);
    EXPECT_EQ(params.e820_table[0].addr, 0x1000U);
    EXPECT_EQ(params.e820_table[0].size, 0x9fc00U - 0x1000);
    EXPECT_EQ(params.e820_table[1].addr + params.e820_table[1].size, kMemory);
    std::array<char, 13> text{};
    memory->read(GuestPhys(params.hdr.cmd_line_ptr), std::as_writable_bytes(std::span(text)));
    EXPECT_STREQ(text.data(), "console=hvc0");
    memory->read(GuestPhys(params.hdr.ramdisk_image), std::as_writable_bytes(std::span(text)));
    EXPECT_EQ(std::string(text.data(), text.size()), "the initramfs");
    EXPECT_EQ(params.hdr.ramdisk_size, 13U);

    const std::string payload = read_file(kKernel).substr(image.payload_offset());
    std::string loaded(payload.size(), '\0');
    memory->read(placement.kernel.start, std::as_writable_bytes(std::span(loaded)));
    EXPECT_EQ(loaded == payload, true);

    EXPECT_EQ(state.general.rip, placement.kernel.start.value + 0x200);
    EXPECT_EQ(state.load_system, abi::LoadSystem::Reset);
    EXPECT_EQ(code_width(state.system), CodeWidth::Bits64);
    for (const std::uint64_t address : {std::uint64_t{0x1000}, state.general.rip, 4 * kGiB - 1}) {
        EXPECT_EQ(walk(*memory, state.system, GuestVirt(address)), GuestPhys(address));
    }
    const auto code = memory->load<std::uint64_t>(GuestPhys(state.system.gdtr.base) + state.system.cs.selector);
    EXPECT_EQ(code, 0x00af'9b00'0000'ffffU);
}

// ---- ACPI

struct Table {
    GuestPhys at;
    std::uint32_t length;
};

Table table_at(const TestMemory& memory, std::uint64_t address, const std::string& signature) {
    std::string found(4, ' ');
    memory->read(GuestPhys(address), std::as_writable_bytes(std::span(found)));
    EXPECT_EQ(found, signature);
    const Table table{GuestPhys(address), memory->load<std::uint32_t>(GuestPhys(address + 4))};
    unsigned sum = 0;
    for (std::uint32_t i = 0; i < table.length; ++i) sum += memory->load<std::uint8_t>(table.at + i);
    EXPECT_EQ(sum % 256, 0U) << signature;
    return table;
}

class Acpi : public testing::Test {
   protected:
    Acpi() { rsdp_ = write_acpi_tables(*memory_, 3); }

    template <typename T>
    T at(GuestPhys address) const {
        return memory_->load<T>(address);
    }
    Table xsdt() const { return table_at(memory_, at<std::uint64_t>(rsdp_ + 24), "XSDT"); }
    Table fadt() const { return table_at(memory_, at<std::uint64_t>(xsdt().at + 36), "FACP"); }
    Table madt() const { return table_at(memory_, at<std::uint64_t>(xsdt().at + 44), "APIC"); }

    TestMemory memory_;
    GuestPhys rsdp_;
};

TEST_F(Acpi, RootPointerIsWhereSystemsLook) {
    EXPECT_EQ(rsdp_, kRsdp);
    EXPECT_EQ(at<std::uint64_t>(rsdp_), 0x2052'5450'2044'5352U);  // "RSD PTR "
    unsigned first = 0;
    unsigned all = 0;
    for (unsigned i = 0; i < 36; ++i) {
        all += at<std::uint8_t>(rsdp_ + i);
        if (i < 20) first += at<std::uint8_t>(rsdp_ + i);
    }
    EXPECT_EQ(first % 256, 0U);
    EXPECT_EQ(all % 256, 0U);
    EXPECT_EQ(xsdt().length, 52U);
}

TEST_F(Acpi, FadtNamesThePowerRegisters) {
    const GuestPhys fadt_at = fadt().at;
    EXPECT_NE(at<std::uint32_t>(fadt_at + 112) & 1U << 20, 0U) << "hardware-reduced";
    EXPECT_EQ(at<std::uint64_t>(fadt_at + 120), PowerControl::kBase + PowerControl::kReset);
    EXPECT_EQ(at<std::uint8_t>(fadt_at + 128), PowerControl::kResetValue);
    EXPECT_EQ(at<std::uint64_t>(fadt_at + 248), PowerControl::kBase + PowerControl::kSleepControl);
    EXPECT_EQ(at<std::uint64_t>(fadt_at + 260), PowerControl::kBase + PowerControl::kSleepStatus);
    EXPECT_EQ(at<std::uint32_t>(fadt_at + 40), at<std::uint64_t>(fadt_at + 140));
    EXPECT_EQ(at<std::uint8_t>(fadt_at + 108), 0x32U);
}

TEST_F(Acpi, MadtListsProcessorsAndTheIoApic) {
    const Table table = madt();
    unsigned processors = 0;
    unsigned io_apics = 0;
    for (std::uint32_t offset = 44; offset < table.length; offset += at<std::uint8_t>(table.at + offset + 1)) {
        const auto type = at<std::uint8_t>(table.at + offset);
        if (type == 0) {
            EXPECT_EQ(at<std::uint8_t>(table.at + offset + 3), processors++);
        } else {
            ASSERT_EQ(type, 1U);
            EXPECT_EQ(at<std::uint32_t>(table.at + offset + 4), kIoApicBase.value);
            ++io_apics;
        }
    }
    EXPECT_EQ(processors, 3U);
    EXPECT_EQ(io_apics, 1U);
}

std::string hexadecimal(std::uint64_t value, int digits) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%0*llX", digits, static_cast<unsigned long long>(value));
    return text;
}

// iasl's own disassembler reads the DSDT back, with the numbers of the devices' headers in it.
TEST_F(Acpi, DsdtSaysWhereTheDevicesAre) {
    const Table dsdt = table_at(memory_, at<std::uint64_t>(fadt().at + 140), "DSDT");
    std::string aml(dsdt.length, '\0');
    memory_->read(dsdt.at, std::as_writable_bytes(std::span(aml)));
    const Scratch scratch;
    const std::string path = scratch.file("dsdt.aml", aml);
    ASSERT_EQ(std::system(("iasl -d " + path + " > /dev/null 2>&1").c_str()), 0);
    const std::string text = read_file(scratch.path() + "/dsdt.dsl");
    for (const std::string& expected :
         {hexadecimal(SerialPort::kBase, 4), hexadecimal(kVirtioBase.value, 8), hexadecimal(VirtioMmio::kSize, 8),
          hexadecimal(SerialPort::kPin, 8), hexadecimal(VirtioConsole::kPin, 8), std::string("LNRO0005"),
          std::string("PNP0501"), std::string("PNP0B00"), std::string("_S5")}) {
        EXPECT_NE(text.find(expected), std::string::npos) << expected;
    }
    EXPECT_EQ(at<std::uint8_t>(dsdt.at + 0x2d), 5U) << "the first value of \\_S5 is PowerControl::kSoftOffType";
}

}  // namespace
}  // namespace vmm
