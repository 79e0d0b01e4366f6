// SPDX-License-Identifier: MIT
/// @file
/// @brief Draws a bay by moonlight in characters: the same picture on Linux, on Twain and in a guest.
/// @chapter linux-interface
///
/// Four threads each compute a band of rows; all arithmetic is on integers, so that no processor and no library can make
/// a difference.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr int kColumns = 70;
constexpr int kRows = 22;
constexpr int kShore = 12;  // the row where the water begins
constexpr int kThreads = 4;

constexpr int kMoonColumn = 52;
constexpr int kMoonRow = 3;

/// A number from 0 to 255 that depends on nothing but its arguments.
constexpr uint32_t noise(int x, int y) {
    uint32_t h = static_cast<uint32_t>(x) * 374761393u + static_cast<uint32_t>(y) * 668265263u;
    h = (h ^ (h >> 13)) * 1274126177u;
    return (h ^ (h >> 16)) & 255u;
}

/// Noise between points `step` columns apart, in sixteenths of a row: a smooth line for the crest of hills.
constexpr int crest(int x, int step, int seed, int height) {
    int const left = x / step;
    int const t = (x % step) * 256 / step;
    int const smooth = t * t * (768 - 2 * t) / 65536;  // 3t^2 - 2t^3
    int const a = static_cast<int>(noise(left, seed));
    int const b = static_cast<int>(noise(left + 1, seed));
    return (a * 256 + (b - a) * smooth) * height / (256 * 16);
}

/// How far the hills reach up from the shore at a column, in sixteenths of a row.
constexpr int far_hills(int x) { return 24 + crest(x, 14, 7, 5) + crest(x, 5, 11, 1); }
constexpr int near_hills(int x) {
    int const from_left = 30 - x;
    int const from_right = x - 58;
    int const rise = from_left > from_right ? from_left : from_right;
    return rise <= 0 ? 0 : rise * 4 + crest(x, 7, 3, 2);
}

constexpr bool is_moon(int x, int y) {
    int const across = (x - kMoonColumn) * 10;  // a character is about half as wide as it is high
    int const down = (y - kMoonRow) * 20;
    return across * across + down * down <= 42 * 42;
}

char sky_at(int x, int y) {
    int const height = (kShore - y) * 16 - 8;
    if (height < near_hills(x)) {
        bool const lit = y >= kShore - 2 && noise(x, y + 90) > 246;
        return lit ? '*' : noise(x, y) > 225 ? '@' : '#';
    }
    if (height < far_hills(x)) return ':';
    if (is_moon(x, y)) return 'O';
    if (noise(x, y + 200) > 250) return '*';
    return noise(x, y + 200) > 241 ? '.' : ' ';
}

/// The water mirrors the sky, moved sideways by its waves; the moon's light lies on it as a widening path.
char water_at(int x, int y) {
    int const depth = y - kShore;
    int const path = x - kMoonColumn;
    int const width = 2 + depth * 2 / 3;
    if ((path < 0 ? -path : path) <= width && noise(x / 2, y) > 60) return noise(x, y) > 150 ? 'o' : 'O';
    int const sway = static_cast<int>(noise(x / 6, y + 300) % 3) - 1;
    int const mirrored = kShore - 1 - depth;
    char const above = mirrored >= 0 ? sky_at(x + sway < 0 ? 0 : x + sway, mirrored) : ' ';
    if (above == '#' || above == '@') return noise(x, y + 7) > 60 ? '=' : '~';
    if (above == ':') return noise(x / 2, y + 7) > 90 ? '-' : ' ';
    return noise(x / 4, y) > 190 ? '~' : ' ';
}

struct Sprite {
    int column;
    int row;
    std::string_view pixels;
};

constexpr std::array kBoats = {
    Sprite{25, 12, "/|"}, Sprite{24, 13, "/_|"},   Sprite{23, 14, "\\____/"},
    Sprite{36, 11, "/|"}, Sprite{35, 12, "\\__/"},
};

using Picture = std::vector<std::string>;

void draw_band(Picture& picture, int first, int last) {
    for (int y = first; y < last; ++y) {
        std::string& row = picture.at(static_cast<size_t>(y));
        for (int x = 0; x < kColumns; ++x) row.push_back(y < kShore ? sky_at(x, y) : water_at(x, y));
        for (Sprite const& part : kBoats) {
            if (part.row != y) continue;
            for (size_t i = 0; i < part.pixels.size(); ++i)
                if (part.pixels[i] != ' ') row.at(static_cast<size_t>(part.column) + i) = part.pixels[i];
        }
    }
}

Picture draw() {
    Picture picture(kRows);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i)
        threads.emplace_back(draw_band, std::ref(picture), kRows * i / kThreads, kRows * (i + 1) / kThreads);
    for (auto& thread : threads) thread.join();
    return picture;
}

}  // namespace

int main(int argc, char** argv) {
    std::string_view const argument = argc > 1 ? argv[1] : "";
    if (argc == 2 && argument == "--help") {
        std::cout << "usage: nanwan\nDraws a bay by moonlight, " << kColumns << " by " << kRows << " characters.\n";
        return EXIT_SUCCESS;
    }
    if (argc > 1) {
        std::cerr << "nanwan: unexpected argument '" << argument << "'; try nanwan --help\n";
        return 2;
    }
    for (std::string const& row : draw()) std::cout << row << '\n';
    std::cout << std::string(kColumns / 2 - 3, ' ') << "nanwan" << std::endl;
    return std::cout.good() ? EXIT_SUCCESS : EXIT_FAILURE;
}
