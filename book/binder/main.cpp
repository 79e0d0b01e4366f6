// SPDX-License-Identifier: MIT
/// @file
/// @brief binder OUTPUT OUTLINE SHEET...: binds the printed sheets of the book: links from sheet to sheet, an outline, page numbers.
/// @chapter testing
///
/// A browser prints only one document at a time, and knows neither the number of a page nor what lies in another document. So a
/// link that leads to another sheet is printed as the address `twain:PLACE`, and one in the table of contents, which gets
/// the number of its page at the margin, as `twain:contents/PLACE`. OUTLINE has a line `LEVEL PLACE TITLE` for each entry.
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFPageObjectHelper.hh>
#include <qpdf/QPDFWriter.hh>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Object = QPDFObjectHandle;

constexpr double kMargin = 48, kNumberSize = 9;  // points
constexpr double kDigitWidth = 0.556;            // of Helvetica, of its size

class Binder {
   public:
    Binder() { book_.emptyPDF(); }

    void add_sheet(const char* path) {
        sheets_.push_back(std::make_unique<QPDF>());
        QPDF& sheet = *sheets_.back();
        sheet.processFile(path);
        std::map<QPDFObjGen, std::size_t> numbers;
        for (QPDFPageObjectHelper& page : QPDFPageDocumentHelper(sheet).getAllPages()) {
            numbers[page.getObjectHandle().getObjGen()] = page_count_++;
            QPDFPageDocumentHelper(book_).addPage(page, false);
        }
        Object places = sheet.getRoot().getKey("/Dests");
        if (!places.isDictionary()) return;
        for (const auto& [name, found] : places.ditems()) {
            Object place = found;
            const auto number = numbers.find(place.getArrayItem(0).getObjGen());
            if (number == numbers.end()) throw std::runtime_error(name + " is on no page of " + path);
            places_[name.substr(1)] = {number->second, place.getArrayItem(3)};
        }
    }

    void bind(const char* outline, const char* output) {
        pages_ = QPDFPageDocumentHelper(book_).getAllPages();
        font_ = book_.makeIndirectObject(Object::parse("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"));
        for (std::size_t number = 0; number < pages_.size(); ++number) finish_page(number);
        add_outline(outline);
        book_.getTrailer().replaceKey("/Info", book_.makeIndirectObject(Object::parse("<< /Title (Twain) >>")));
        QPDFWriter writer(book_, output);
        writer.setObjectStreamMode(qpdf_o_generate);
        writer.setDeterministicID(true);
        writer.write();
    }

   private:
    struct Place {
        std::size_t page;  ///< from 0
        Object top;
    };

    const Place& place(const std::string& name) const {
        const auto found = places_.find(name);
        if (found == places_.end()) throw std::runtime_error("there is no place " + name + " in the book");
        return found->second;
    }

    Object destination(const Place& place) {
        return Object::newArray({pages_[place.page].getObjectHandle(), Object::newName("/XYZ"), Object::newNull(),
                                 place.top, Object::newNull()});
    }

    /// The page's links lead where they should, and it gets its number. Numbers count from the cover, as a reader of PDF does.
    void finish_page(std::size_t number) {
        QPDFPageObjectHelper& page = pages_[number];
        const double width = page.getMediaBox().getArrayItem(2).getNumericValue();
        std::string text;
        if (number > 0) text = centred(number, width / 2, kMargin / 2);
        Object links = page.getObjectHandle().getKey("/Annots");
        for (int at = 0; links.isArray() && at < links.getArrayNItems(); ++at) {
            Object link = links.getArrayItem(at);
            std::string name = target_of(link);
            if (name.empty()) continue;
            const bool in_contents = name.starts_with("contents/");
            if (in_contents) name.erase(0, 9);
            const Place& to = place(name);
            link.removeKey("/A");
            link.replaceKey("/Dest", destination(to));
            // Of a line at the end of a page a sliver stands on the next one.
            const Object::Rectangle where = link.getKey("/Rect").getArrayAsRectangle();
            if (in_contents && where.ury - where.lly > kNumberSize)
                text += centred(to.page, width - kMargin - kNumberSize, where.lly + kNumberSize / 3);
        }
        write(page, text);
    }

    /// The name of a place in the book; empty: the link leads out of it.
    static std::string target_of(Object link) {
        if (link.getKey("/Dest").isName()) return link.getKey("/Dest").getName().substr(1);
        if (!link.getKey("/A").isDictionary() || !link.getKey("/A").getKey("/URI").isString()) return {};
        const std::string address = link.getKey("/A").getKey("/URI").getStringValue();
        return address.starts_with("twain:") ? address.substr(6) : std::string();
    }

    static std::string centred(std::size_t page, double x, double y) {
        const std::string digits = std::to_string(page + 1);
        x -= kDigitWidth * kNumberSize * static_cast<double>(digits.size()) / 2;
        return "BT /Number " + std::to_string(kNumberSize) + " Tf " + std::to_string(x) + " " + std::to_string(y) +
               " Td (" + digits + ") Tj ET\n";
    }

    /// Behind what is there, which may leave other coordinates.
    void write(QPDFPageObjectHelper& page, const std::string& text) {
        Object resources = page.getAttribute("/Resources", true);
        Object fonts = resources.getKey("/Font");
        fonts = fonts.isDictionary() ? fonts.shallowCopy() : Object::newDictionary();
        fonts.replaceKey("/Number", font_);
        resources.replaceKey("/Font", fonts);
        page.addPageContents(book_.newStream("q\n"), true);
        page.addPageContents(book_.newStream("\nQ\n0.4 g\n" + text), false);
    }

    void add_outline(const char* path) {
        std::ifstream file(path);
        Object root = book_.makeIndirectObject(Object::parse("<< /Type /Outlines >>"));
        std::vector<Object> above{root};  // the last entry of each level
        std::size_t level;
        std::string name, title;
        while (file >> level >> name && std::getline(file >> std::ws, title)) {
            if (level >= above.size()) throw std::runtime_error(std::string(path) + ": no entry above " + title);
            above.resize(level + 1);
            Object parent = above.back(), entry = book_.makeIndirectObject(Object::newDictionary());
            entry.replaceKey("/Title", Object::newUnicodeString(title));
            entry.replaceKey("/Parent", parent);
            entry.replaceKey("/Dest", destination(place(name)));
            if (parent.hasKey("/Last")) {
                entry.replaceKey("/Prev", parent.getKey("/Last"));
                parent.getKey("/Last").replaceKey("/Next", entry);
            } else {
                parent.replaceKey("/First", entry);
            }
            parent.replaceKey("/Last", entry);
            // Below zero: closed, until the reader opens it.
            const long long count = parent.hasKey("/Count") ? parent.getKey("/Count").getIntValue() : 0;
            parent.replaceKey("/Count", Object::newInteger(level == 0 ? count + 1 : count - 1));
            above.push_back(entry);
        }
        if (!root.hasKey("/First")) throw std::runtime_error(std::string(path) + " has no entries");
        book_.getRoot().replaceKey("/Outlines", root);
        book_.getRoot().replaceKey("/PageMode", Object::newName("/UseOutlines"));
    }

    QPDF book_;
    std::vector<std::unique_ptr<QPDF>> sheets_;  ///< the book's pages lie in them until it is written
    std::vector<QPDFPageObjectHelper> pages_;
    std::map<std::string, Place> places_;
    std::size_t page_count_ = 0;
    Object font_;
};

}  // namespace

int main(int count, char** words) {
    if (count < 4) {
        std::fprintf(stderr, "usage: binder OUTPUT OUTLINE SHEET...\n");
        return 2;
    }
    try {
        Binder binder;
        for (int sheet = 3; sheet < count; ++sheet) binder.add_sheet(words[sheet]);
        binder.bind(words[2], words[1]);
        return 0;
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "binder: %s\n", problem.what());
        return 1;
    }
}
