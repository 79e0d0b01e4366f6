// SPDX-License-Identifier: MIT
/// @file
/// @brief Making figures that fit the page in light and in darkness.
/// @chapter testing
#include "book/weaver/figures.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "book/weaver/pattern.h"

namespace weaver {
namespace {

struct Field {
    int high, low;
    std::string name;
};

constexpr int kRowBits = 32;
constexpr double kWidth = 704, kRowHeight = 62;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

std::string svg_text(double x, double y, const std::string& css, const std::string& text) {
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" class=\"" + css + "\" text-anchor=\"middle\">" +
           html(text) + "</text>";
}

/// Ids of one figure must not meet those of another.
std::string with_own_ids(std::string svg, const std::string& prefix) {
    svg = Pattern(R"re((\s)id="([^"]+)")re").replace(svg, "$1id=\"" + prefix + "-$2\"");
    svg = Pattern(R"re(url\(#([^)]+)\))re").replace(svg, "url(#" + prefix + "-$1)");
    return Pattern(R"re(href="#([^"]+)")re").replace(svg, "href=\"#" + prefix + "-$1\"");
}

void check_form(const std::string& svg, const Place& place, Problems& problems) {
    Pattern::Match match;
    if (!Pattern(R"re(viewBox="[-\d. ]+ ([\d.]+) [\d.]+")re").finds(svg, match)) {
        problems.add(place, "the figure has no viewBox");
    } else if (std::stod(match[1]) > 720) {
        problems.add(place, "the figure is " + match[1] + " wide; 720 fit on the page");
    }
    if (Pattern(R"re((fill|stroke|color)\s*[=:]\s*"?\s*(#[0-9a-fA-F]+|black|white|rgb[^;"]*))re").finds(svg, match)) {
        problems.add(place, "the figure has the fixed colour " + match[2] + "; use the classes or currentColor");
    }
    static const Pattern size(R"re(font-size\s*[=:]\s*"?\s*([\d.]+))re");
    for (const Pattern::Match& text : size.all(svg)) {
        if (std::stod(text[1]) < 12) problems.add(place, "the figure has text of " + text[1] + " px; 12 is the least");
    }
}

/// The fields from the highest to bit 0; none where they are out of form, which is then a problem.
std::vector<Field> read_fields(const Lines& lines, const Place& place, Problems& problems) {
    static const Pattern form(R"(^\s*(\d+)(?::(\d+))?\s+(.+?)\s*$)");
    std::vector<Field> fields;
    for (const std::string& line : lines) {
        if (is_blank(line)) continue;
        Pattern::Match match;
        if (!form.matches(line, match)) {
            problems.add(place, "no field of a register: " + line);
            return {};
        }
        const int high = std::stoi(match[1]), low = match[2].empty() ? high : std::stoi(match[2]);
        if (low > high || (!fields.empty() && high != fields.back().low - 1)) {
            problems.add(place, "the fields of a register go down without a gap; " + line + " does not");
            return {};
        }
        fields.push_back({high, low, match[3]});
    }
    if (fields.empty() || fields.back().low != 0) {
        problems.add(place, "the last field of a register ends at bit 0");
        return {};
    }
    return fields;
}

/// A register in rows of at most 32 bits; what is too narrow for its name is named below.
class RegisterDrawing {
   public:
    explicit RegisterDrawing(int bits)
        : bits_(bits), row_bits_(std::min(bits, kRowBits)), rows_((bits + row_bits_ - 1) / row_bits_) {}

    std::string draw(const std::vector<Field>& fields) {
        legend_y_ = rows_ * kRowHeight + 8;
        for (const Field& field : fields) {
            // A field that crosses a row's end is drawn in both.
            for (int row = 0; row < rows_; ++row) draw_part(field, row);
        }
        return "<svg viewBox=\"0 0 " + number(kWidth) + " " + number(legend_y_ + 6) + "\" role=\"img\">" + body_ +
               "</svg>";
    }

   private:
    void draw_part(const Field& field, int row) {
        const int top = bits_ - 1 - row * row_bits_, bottom = std::max(top - row_bits_ + 1, 0);
        const int high = std::min(field.high, top), low = std::max(field.low, bottom);
        if (high < low) return;
        const double cell = (kWidth - 8) / row_bits_;
        const double x = 4 + (top - high) * cell, width = (high - low + 1) * cell, y = row * kRowHeight + 20;
        const bool unused = field.name == "0" || field.name == "ignored" || field.name.starts_with("reserved");
        body_ += "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width) +
                 "\" height=\"30\" class=\"frame" + (unused ? " unused" : "") + "\"/>";
        const double edge = std::min(width / 2, 9.0);
        body_ += svg_text(x + (high == low ? width / 2 : edge), y - 6, "small", std::to_string(high));
        if (high != low) body_ += svg_text(x + width - edge, y - 6, "small", std::to_string(low));
        if (static_cast<double>(field.name.size()) * 7.2 <= width - 2) {
            body_ += svg_text(x + width / 2, y + 20, "mono", field.name);
        } else if (field.name.size() <= 4) {
            body_ += "<text transform=\"translate(" + number(x + width / 2 + 4) + " " + number(y + 27) +
                     ") rotate(-90)\" class=\"mono narrow\">" + html(field.name) + "</text>";
        } else if (high == field.high) {
            name_below(field);
        }
    }

    void name_below(const Field& field) {
        const std::string bits = field.high == field.low ? "" : ":" + std::to_string(field.low);
        body_ += "<text x=\"4\" y=\"" + number(legend_y_ + 14) + "\" class=\"small\">" + std::to_string(field.high) +
                 bits + "&#160;&#160;" + html(field.name) + "</text>";
        legend_y_ += 18;
    }

    int bits_, row_bits_, rows_;
    double legend_y_ = 0;
    std::string body_;
};

}  // namespace

std::string figure(const std::string& drawing, const std::string& caption, const std::string& id,
                   const std::string& css) {
    return "<figure class=\"" + css + "\" id=\"" + id + "\">" + drawing + "<figcaption>" + caption +
           "</figcaption></figure>\n";
}

std::string inline_svg(const std::string& target, const Place& place, Problems& problems) {
    std::string svg;
    try {
        svg = read_file("book/" + target);
    } catch (const std::runtime_error&) {
        problems.add(place, "there is no figure book/" + target);
        return "";
    }
    const std::size_t begin = svg.find("<svg");
    if (begin == std::string::npos) {
        problems.add(place, "book/" + target + " is no SVG");
        return "";
    }
    svg.erase(0, begin);
    svg = Pattern("<!--[^]*?-->").replace(svg, "");
    check_form(svg, {"book/" + target, 0}, problems);
    return with_own_ids(svg, slug(target));
}

std::string bits_svg(const Lines& lines, const Place& place, Problems& problems) {
    const std::vector<Field> fields = read_fields(lines, place, problems);
    return fields.empty() ? "" : RegisterDrawing(fields[0].high + 1).draw(fields);
}

std::string dot_svg(const Lines& lines, const Place& place, Problems& problems) {
    try {
        std::string svg = output_of({"dot", "-Tsvg", "-Gbgcolor=transparent", "-Nfontname=sans-serif",
                                     "-Efontname=sans-serif", "-Nfontsize=13", "-Efontsize=12"},
                                    join(lines));
        svg.erase(0, svg.find("<svg"));
        // Graphviz's own colours give way to those of the page.
        svg = Pattern(R"re((fill|stroke)="black")re").replace(svg, "$1=\"currentColor\"");
        svg = Pattern("<!--[^]*?-->|<title>[^<]*</title>").replace(svg, "");
        svg = replace_all(std::move(svg), "<text ", "<text fill=\"currentColor\" ");
        return with_own_ids(svg, slug(place.path) + "-" + std::to_string(place.line));
    } catch (const std::runtime_error& problem) {
        problems.add(place, std::string("Graphviz does not take this drawing: ") + problem.what());
        return "";
    }
}

}  // namespace weaver
