// SPDX-License-Identifier: MIT
/// @file
/// @brief /dev/null, zero, full, random and urandom.
/// @chapter files
#include <algorithm>

#include "fs/devices.h"
#include "fs/random.h"

namespace {

/// What reading from one of them gives.
enum class Reads : u8 { Nothing, Zeros, RandomBytes };
/// What writing to one of them does.
enum class Writes : u8 { Vanish, Fail };

class MemoryDevice final : public File {
   public:
    MemoryDevice(const OpenRequest& request, Reads reads, Writes writes)
        : File(request), reads_(reads), writes_(writes) {}
    bool is_seekable() const override { return true; }
    Result<u64> read(IoBuffer& buffer) override { return read_at(0, buffer); }
    Result<u64> write(IoBuffer& buffer) override { return write_at(0, buffer); }
    Result<u64> seek(i64, SeekFrom) override { return 0; }
    Result<u64> read_at(u64 offset, IoBuffer& buffer) override;
    Result<u64> write_at(u64 offset, IoBuffer& buffer) override;
    Result<Ref<PageSource>> mapping(Protection protection, Sharing sharing) override;

   private:
    static Result<u64> read_random(IoBuffer& buffer);
    Reads reads_;
    Writes writes_;
};

Result<u64> MemoryDevice::read_random(IoBuffer& buffer) {
    std::byte bytes[256];
    u64 done = 0;
    while (!buffer.empty()) {
        const u64 step = std::min<u64>(buffer.size(), sizeof(bytes));
        fill_random({bytes, step});
        const Result<void> put = buffer.put({bytes, step});
        if (!put.ok()) return done > 0 ? Result<u64>(done) : Result<u64>(put.error());
        done += step;
    }
    return done;
}

Result<u64> MemoryDevice::read_at(u64, IoBuffer& buffer) {
    const u64 bytes = buffer.size();
    switch (reads_) {
    case Reads::Nothing: return 0;
    case Reads::Zeros: TRY(buffer.put_zeros(bytes)); return bytes;
    case Reads::RandomBytes: return read_random(buffer);
    }
    return 0;
}

Result<u64> MemoryDevice::write_at(u64, IoBuffer& buffer) {
    if (writes_ == Writes::Fail) return Error{ENOSPC};
    return buffer.size();
}

Result<Ref<PageSource>> MemoryDevice::mapping(Protection, Sharing sharing) {
    if (reads_ != Reads::Zeros) return Error{ENODEV};
    if (sharing == Sharing::Private) return Ref<PageSource>();
    // Every shared mapping of /dev/zero is memory of its own; its size is not known here, so it has none of its own end.
    return Ref<PageSource>(TRY(make_anonymous_file("/dev/zero", 1ULL << 40)));
}

template <Reads reads, Writes writes>
Result<Ref<File>> open_memory(const OpenRequest& request) {
    Ref<MemoryDevice> file = TRY(make_ref<MemoryDevice>(request, reads, writes));
    TRY(file->keep_name(request));
    return Ref<File>(file);
}

constinit CharDevice memory_devices[] = {
    {"null", {1, 3}, 0666, open_memory<Reads::Nothing, Writes::Vanish>},
    {"zero", {1, 5}, 0666, open_memory<Reads::Zeros, Writes::Vanish>},
    {"full", {1, 7}, 0666, open_memory<Reads::Zeros, Writes::Fail>},
    {"random", {1, 8}, 0666, open_memory<Reads::RandomBytes, Writes::Vanish>},
    {"urandom", {1, 9}, 0666, open_memory<Reads::RandomBytes, Writes::Vanish>},
};

}  // namespace

void devices::add_memory_devices() {
    for (CharDevice& device : memory_devices) add(device);
}
