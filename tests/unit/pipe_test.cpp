// SPDX-License-Identifier: MIT
/// @file
/// @brief Pipes without waiting: order, atomic writes, both ends' closing, polling; and event counters.
/// @chapter testing
#include <deque>
#include <random>

#include "fs/nameless.h"
#include "fs/pipe.h"
#include "host_files.h"

using namespace host_files;

namespace {

class Pipes : public testing::Test {
   protected:
    void SetUp() override {
        new_root();
        ends = std::move(make_pipe(open_flag::kNonblock)).value();
    }
    int write(std::string_view text) {
        KernelBuffer buffer = buffer_of(text);
        auto count = ends.write->write(buffer);
        return count.ok() ? static_cast<int>(*count) : code_of(count);
    }
    /// What was read, or the errno as text.
    std::string read(usize bytes) {
        std::string text(bytes, '?');
        KernelBuffer buffer(std::as_writable_bytes(std::span(text)));
        auto count = ends.read->read(buffer);
        return count.ok() ? text.substr(0, *count) : "error " + std::to_string(count.error().code);
    }
    PipeEnds ends;
};

TEST_F(Pipes, BytesComeOutInOrder) {
    EXPECT_EQ(read(1), "error " + std::to_string(EAGAIN));
    EXPECT_EQ(write("abc"), 3);
    EXPECT_EQ(write("def"), 3);
    EXPECT_EQ(read(4), "abcd");
    EXPECT_EQ(read(10), "ef");
    EXPECT_EQ(read(0), "");
}

TEST_F(Pipes, ShortWritesGoInWholeOrNotAtAll) {
    EXPECT_EQ(write(std::string(ByteRing::kBytes - 100, 'x')), static_cast<int>(ByteRing::kBytes - 100));
    EXPECT_EQ(write(std::string(101, 'y')), -EAGAIN);
    EXPECT_EQ(write(std::string(100, 'y')), 100);
    EXPECT_EQ(write("z"), -EAGAIN);
    read(Pipe::kAtomicBytes);
    EXPECT_EQ(write(std::string(10'000, 'z')), static_cast<int>(Pipe::kAtomicBytes))
        << "a long one goes in as far as it fits";
}

TEST_F(Pipes, AQueueIsTheModel) {
    std::mt19937_64 random(3);
    std::deque<char> model;
    for (int step = 0; step < 20'000; ++step) {
        if (random() % 2) {
            std::string text(random() % 9000, ' ');
            for (char& c : text) c = static_cast<char>(random());
            const usize room = ByteRing::kBytes - model.size();
            const bool whole = text.size() <= Pipe::kAtomicBytes;
            usize expected = std::min(text.size(), room);
            if (whole && text.size() > room) expected = 0;
            const int got = write(text);
            if (!text.empty() && expected == 0) {
                ASSERT_EQ(got, -EAGAIN);
            } else {
                ASSERT_EQ(got, static_cast<int>(expected));
                model.insert(model.end(), text.begin(), text.begin() + static_cast<long>(expected));
            }
        } else if (!model.empty()) {
            const std::string got = read(random() % 9000 + 1);
            ASSERT_EQ(got, std::string(model.begin(), model.begin() + static_cast<long>(got.size())));
            ASSERT_FALSE(got.empty());
            model.erase(model.begin(), model.begin() + static_cast<long>(got.size()));
        }
    }
}

TEST_F(Pipes, TheEndsKnowOfEachOther) {
    EXPECT_EQ(ends.read->poll(nullptr), 0);
    EXPECT_EQ(ends.write->poll(nullptr), poll_event::kWritable);
    write("last");
    EXPECT_EQ(ends.read->poll(nullptr), poll_event::kReadable);
    ends.write = Ref<File>();
    EXPECT_EQ(ends.read->poll(nullptr), poll_event::kReadable | poll_event::kHangUp);
    EXPECT_EQ(read(10), "last");
    EXPECT_EQ(read(10), "") << "the end of the file";
    EXPECT_EQ(ends.read->poll(nullptr), poll_event::kHangUp);
}

TEST_F(Pipes, WithoutAReaderWritingFails) {
    ends.read = Ref<File>();
    EXPECT_EQ(ends.write->poll(nullptr), poll_event::kWritable | poll_event::kError);
    EXPECT_EQ(write("x"), -EPIPE);
}

TEST_F(Pipes, ABadPointerLosesNothing) {
    write("keep");
    UserSpan nowhere(VirtAddr(8), 4);
    UserBuffer buffer({&nowhere, 1});
    EXPECT_EQ(code_of(ends.read->read(buffer)), -EFAULT);
    EXPECT_EQ(read(4), "keep");
    UserBuffer from({&nowhere, 1});
    EXPECT_EQ(code_of(ends.write->write(from)), -EFAULT);
    EXPECT_EQ(read(4), "error " + std::to_string(EAGAIN));
}

TEST_F(Pipes, SeveralPiecesAreOneWrite) {
    std::string one = "abc", two = "defg";
    UserSpan pieces[] = {UserSpan(VirtAddr(reinterpret_cast<u64>(one.data())), 3), UserSpan(VirtAddr(0), 0),
                         UserSpan(VirtAddr(reinterpret_cast<u64>(two.data())), 4)};
    UserBuffer buffer(pieces);
    EXPECT_EQ(buffer.size(), 7u);
    EXPECT_EQ(ends.write->write(buffer).value(), 7u);
    EXPECT_EQ(read(100), "abcdefg");
}

TEST_F(Pipes, AnEndCanBeOpenedAgain) {
    const OpenRequest request{.place = ends.read->place(), .directory = {}, .name = {}, .flags = open_flag::kWriteOnly};
    auto again = ends.read->inode().open(request);
    ASSERT_TRUE(again.ok());
    ends.write = Ref<File>();
    EXPECT_EQ(ends.read->poll(nullptr), 0) << "there is a writer still";
}

TEST_F(Pipes, AnEndIsOpenedAgainWithoutWaitingForTheOther) {
    EXPECT_EQ(write("late"), 4);
    ends.write = Ref<File>();
    const OpenRequest request{.place = ends.read->place(), .directory = {}, .name = {}, .flags = open_flag::kReadOnly};
    ends.read = ends.read->inode().open(request).value();
    EXPECT_EQ(read(100), "late");
    EXPECT_EQ(ends.read->poll(nullptr), poll_event::kHangUp);
}

TEST(NamedPipes, OpeningWithoutWaiting) {
    const Place root = new_root();
    ASSERT_TRUE(root.inode->create("fifo", {.type = FileType::Fifo, .permissions = 0600}).ok());
    const auto open = [&](u32 flags) { return open_file({root, root}, "/fifo", flags | open_flag::kNonblock, 0); };
    EXPECT_EQ(code_of(open(open_flag::kWriteOnly)), -ENXIO) << "nobody reads";
    auto reader = open(open_flag::kReadOnly);
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ((*reader)->poll(nullptr), 0) << "no writer yet is no hang-up";
    EXPECT_TRUE(open(open_flag::kWriteOnly).ok());
    EXPECT_EQ((*reader)->poll(nullptr), poll_event::kHangUp) << "one that has gone is";
}

TEST(EventCounters, SumAndSemaphore) {
    new_root();
    u64 value = 0;
    const auto bytes = std::as_writable_bytes(std::span(&value, 1));
    const auto read = [&](File& file) {
        KernelBuffer buffer(bytes);
        return code_of(file.read(buffer));
    };
    auto sum = *make_event_file(3, EventMode::Sum, open_flag::kNonblock);
    EXPECT_EQ(read(*sum), 0);
    EXPECT_EQ(value, 3u);
    EXPECT_EQ(read(*sum), -EAGAIN);
    auto semaphore = *make_event_file(2, EventMode::Semaphore, open_flag::kNonblock);
    EXPECT_EQ(read(*semaphore), 0);
    EXPECT_EQ(value, 1u);
    EXPECT_EQ(semaphore->poll(nullptr), poll_event::kReadable | poll_event::kWritable);
    value = ~0ULL - 1;
    KernelBuffer full(bytes);
    EXPECT_EQ(code_of(semaphore->write(full)), -EAGAIN) << "the sum would not fit";
}

}  // namespace
