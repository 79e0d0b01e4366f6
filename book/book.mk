# SPDX-License-Identifier: MIT
# The book: woven from book/chapters and the source, checked, and made a site and a PDF.

BOOK := $(BUILD)/book
WEAVER := $(BOOK)/weaver
WEAVER_SOURCES := $(wildcard book/weaver/*.cpp)
WEAVER_OBJECTS := $(WEAVER_SOURCES:%.cpp=$(BOOK)/objects/%.o)

# For a debugger it would compile half as long again.
WEAVER_FLAGS = $(filter-out -g,$(subst -O2,-O1,$(HOST_CXXFLAGS))) -I.
$(eval $(call precompile,WEAVER,algorithm array cctype cmath cstdio cstdlib filesystem fstream functional map memory optional set \
    sstream stdexcept string string_view unordered_map vector))
$(WEAVER_OBJECTS): $(WEAVER_PRECOMPILED)
$(BOOK)/objects/%.o: %.cpp
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(WEAVER_FLAGS) $(WEAVER_PRELUDE) -MMD -MP -c -o $@ $<
-include $(WEAVER_OBJECTS:.o=.d)

$(WEAVER): $(WEAVER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CXX) -o $@ $^

# ---- Checking ----------------------------------------------------------------------------------------------------------
# What is wrong with one chapter, or with all: make weave CHAPTER=pair.
CHAPTER ?=
.PHONY: weave book-coverage
weave: $(WEAVER)
	@$(WEAVER) $(if $(CHAPTER),--chapter $(CHAPTER))

# Fails until every line is shown.
book-coverage: $(WEAVER)
	@$(WEAVER) --coverage

# ---- The site ------------------------------------------------------------------------------------------------------------
# The weaver writes only what changed, and Doxygen is quick: both run whenever the book is asked for.
BOOK_SITE := $(BOOK)/html
BOOK_FONTS := $(addprefix /usr/share/fonts-sil-charis/woff2/CharisSIL-,Regular.woff2 Italic.woff2 Bold.woff2 BoldItalic.woff2) \
    /usr/share/fonts/truetype/inconsolata/Inconsolata.otf
CHROMIUM := chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync

.PHONY: book book-woven book-screenshots book-pictures book-site book-reference
book: $(BOOK)/twain.pdf
	@echo "The book: file://$(abspath $(BOOK_SITE))/index.html and $(BOOK)/twain.pdf"
	@$(WEAVER) --coverage

book-woven: $(WEAVER)
	$(call say,WEAVE,$(BOOK)/pages)
	$(Q)$(WEAVER) --output $(BOOK) >$(BOOK)/weave.log 2>&1; [ $$? -lt 2 ] || { cat $(BOOK)/weave.log; exit 1; }

# Each picture is made again only when its script, the machine or the debugger changed. The list of them is known once the
# chapters are woven, hence the second make.
book-screenshots: book-woven $(BUILD)/debugger-ui $(BUILD)/twain.elf $(BUILD)/initramfs.cpio
	$(Q)$(MAKE) book-pictures
book-pictures: $(patsubst %.script,%.made,$(wildcard $(BOOK)/screenshots/*.script))
$(BOOK)/screenshots/%.made: $(BOOK)/screenshots/%.script book/make-screenshot $(BUILD)/debugger-ui $(BUILD)/twain.elf $(BUILD)/initramfs.cpio
	$(call say,PICTURE,$*)
	$(Q)book/make-screenshot $< $(BOOK)/screenshots/$*
	$(Q)touch $@

book-site: book-woven book-screenshots
	$(call say,DOXYGEN,$(BOOK_SITE))
	$(Q)rm -rf $(BOOK_SITE) && mkdir -p $(BOOK_SITE)
	$(Q)(cat book/site/Doxyfile; printf 'INPUT = %s\nOUTPUT_DIRECTORY = %s\n' $(BOOK)/pages $(BOOK)) | doxygen -
	$(Q)cp $(BOOK)/sources/*.html $(BOOK)/site/search-data.js $(BOOK_FONTS) $(BOOK_SITE)
	$(Q)for picture in $(BOOK)/screenshots/*.png; do [ ! -e $$picture ] || cp $$picture $(BOOK_SITE)/screenshot-$${picture##*/}; done

# The reference has the site's frame one folder further down. Doxygen offers a list of classes also where it is empty.
book-reference: book-site
	$(call say,DOXYGEN,$(BOOK_SITE)/reference)
	$(Q)sed 's|$$relpath^|$$relpath^../|g; s|\.\./doxygen.css|doxygen.css|' book/site/header.html >$(BOOK)/reference-header.html
	$(Q)(cat book/site/Doxyfile.reference; printf 'OUTPUT_DIRECTORY = %s\nHTML_OUTPUT = reference\nHTML_HEADER = %s\n' \
	    $(BOOK_SITE) $(BOOK)/reference-header.html) | doxygen -
	$(Q)grep -L 'name="nested-classes"' $(BOOK_SITE)/reference/*.html | xargs sed -i 's|<a href="#nested-classes">Classes</a> &\#124;||'

# The PDF is printed in sheets, side by side, and bound.
BINDER := $(BOOK)/binder
$(BINDER): book/binder/main.cpp
	$(call say,CXX,$<)
	$(Q)$(CXX) $(WEAVER_FLAGS) -DPOINTERHOLDER_TRANSITION=4 -o $@ $< -lqpdf
.PHONY: book-printed
BOOK_SHEETS = $(patsubst %.html,%.pdf,$(sort $(wildcard $(BOOK)/print/*.html)))
$(BOOK)/twain.pdf: book-site book-reference $(BINDER)
	$(Q)$(MAKE) book-printed
book-printed: $(BOOK_SHEETS)
	$(call say,PDF,$(BOOK)/twain.pdf)
	$(Q)$(BINDER) $(BOOK)/twain.pdf $(BOOK)/print/outline $^
# Chromium says in words, and not by its exit status, whether it has printed.
$(BOOK)/print/%.pdf: $(BOOK)/print/%.html book/site/book.css
	$(call say,PDF,$@)
	$(Q)mkdir -p $(BOOK)/chromium; rm -f $@; $(CHROMIUM) --user-data-dir=$(BOOK)/chromium/$* --no-pdf-header-footer --disable-pdf-tagging \
	    --print-to-pdf=$@ file://$(abspath $<) >$(BOOK)/chromium/$*.log 2>&1 || true
	$(Q)[ -s $@ ] || { tail -n 5 $(BOOK)/chromium/$*.log; exit 1; }
