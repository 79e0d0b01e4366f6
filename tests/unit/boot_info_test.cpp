// SPDX-License-Identifier: MIT
/// @file
/// @brief What loaders tell: whole, incomplete, too long, and damaged.
/// @chapter booting
#include "boot/boot_info.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "host_kernel.h"

namespace {

/// Multiboot2's information as a loader writes it.
class Information {
   public:
    Information& add(u32 type, const std::string& payload) {
        number(type);
        number(static_cast<u32>(payload.size() + 8));
        bytes_ += payload;
        bytes_.resize(align_up(bytes_.size(), 8));
        return *this;
    }
    static std::string pack(std::initializer_list<u64> values) {
        std::string text;
        for (u64 value : values) text.append(reinterpret_cast<const char*>(&value), 8);
        return text;
    }
    static std::string range(u32 begin, u32 end) { return pack({begin | static_cast<u64>(end) << 32}); }
    Information& add_module(u32 begin, u32 end) { return add(3, range(begin, end) + "initramfs" + '\0'); }
    /// 639 KiB, 255 MiB from 1 MiB on and a piece that is not RAM.
    Information& add_memory_map() {
        return add(6, range(24, 0) + pack({0x10'0000, 0xff0'0000, 1, 0, 0x9'fc00, 1, 0x1000'0000, 0x1'0000, 3}));
    }
    std::string bytes() const {
        std::string all = range(static_cast<u32>(bytes_.size() + 16), 0) + bytes_ + range(0, 8);
        return all;
    }

   private:
    void number(u32 value) { bytes_.append(reinterpret_cast<const char*>(&value), 4); }
    std::string bytes_;
};

constexpr PhysAddr kPlace{0x8000};

BootInfo read(const std::string& bytes) {
    host_kernel::reset_memory(4 * kMiB);
    std::memcpy(frames::virt_from_phys(kPlace), bytes.data(), bytes.size());
    BootInfo info;
    read_boot_info(BootProtocol::Multiboot2, kPlace, info);
    return info;
}

Information whole() {
    Information information;
    information.add(1, std::string("mode=host verbose") + '\0').add(2, std::string("GRUB") + '\0');
    information.add_module(0x20'0000, 0x20'1234).add_memory_map().add(14, "RSD PTR old").add(15, "RSD PTR new");
    return information;
}

TEST(Multiboot2, TellsEverything) {
    const BootInfo info = read(whole().bytes());
    EXPECT_EQ(info.fault(), "");
    EXPECT_EQ(info.arguments(), "mode=host verbose");
    EXPECT_EQ(command_line_value(info.arguments(), "mode"), "host");
    EXPECT_EQ(info.initramfs.begin, PhysAddr(0x20'0000));
    EXPECT_EQ(info.initramfs.end, PhysAddr(0x20'1234));
    ASSERT_EQ(info.usable().size(), 2u);
    EXPECT_EQ(info.usable()[0].end, PhysAddr(0x9'f000));
    EXPECT_EQ(info.usable()[1].begin, PhysAddr(0x10'0000));
    EXPECT_EQ(info.top(), PhysAddr(0x1000'0000));
    EXPECT_EQ(std::memcmp(frames::virt_from_phys(info.rsdp), "RSD PTR new", 11), 0);
}

TEST(Multiboot2, TakesTheFirstModuleAndTheNewestRsdp) {
    Information information;
    information.add(15, "RSD PTR new").add(14, "RSD PTR old").add_module(0x1000, 0x2000).add_module(0x5000, 0x6000);
    const BootInfo info = read(information.bytes());
    EXPECT_EQ(info.initramfs.begin, PhysAddr(0x1000));
    EXPECT_EQ(std::memcmp(frames::virt_from_phys(info.rsdp), "RSD PTR new", 11), 0);
}

TEST(Multiboot2, SaysWhatIsMissing) {
    EXPECT_EQ(read(Information().add_memory_map().bytes()).fault(),
              "the loader brought no initramfs; give it as the first module (GRUB: module2, QEMU: -initrd)");
    EXPECT_EQ(read(Information().add_module(0x1000, 0x2000).bytes()).fault(), "the loader gave no map of the memory");
    EXPECT_EQ(BootInfo().fault(), "the loader gave no map of the memory");
}

TEST(Multiboot2, RefusesACommandLineThatDoesNotFit) {
    const auto with_words = [](usize count) {
        return read(Information(whole()).add(1, std::string(count, 'x') + '\0').bytes());
    };
    EXPECT_EQ(with_words(kMaxCommandLine).fault(), "");
    EXPECT_EQ(with_words(kMaxCommandLine).arguments(), std::string(kMaxCommandLine, 'x'));
    EXPECT_EQ(with_words(kMaxCommandLine + 1).fault(),
              "the kernel's command line is longer than " + std::to_string(kMaxCommandLine) + " bytes; shorten it");
}

TEST(Multiboot2, AnUnknownProtocolTellsNothing) {
    BootInfo info;
    read_boot_info(static_cast<BootProtocol>(0x2bad'b002), kPlace, info);
    EXPECT_EQ(info.fault(), "the loader gave no map of the memory");
}

/// Damaged information is read within its bounds, whatever comes of it.
TEST(Multiboot2, StaysInsideDamagedInformation) {
    std::mt19937 random(1);
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = whole().bytes();
        for (unsigned n = random() % 4; n < 5; ++n) bytes[random() % bytes.size()] = static_cast<char>(random());
        u32 stated;
        std::memcpy(&stated, bytes.data(), 4);
        if (stated > bytes.size()) std::memcpy(bytes.data(), Information().bytes().data(), 4);
        // Alone in its heap block, so that the sanitizer sees a read beyond it.
        const std::vector<char> block(bytes.begin(), bytes.end());
        BootInfo info;
        parse_multiboot2(frames::phys_from_virt(block.data()), info);
        EXPECT_LE(info.command_line_bytes, kMaxCommandLine);
        EXPECT_LE(info.memory_ranges, kMaxMemoryRanges);
    }
}

}  // namespace
