# SPDX-License-Identifier: MIT
# The book: woven from book/chapters and the source, checked, and made a site and a PDF.

BOOK := $(BUILD)/book
WEAVER := $(BOOK)/weaver
WEAVER_SOURCES := $(wildcard book/weaver/*.cpp)
WEAVER_OBJECTS := $(WEAVER_SOURCES:%.cpp=$(BOOK)/objects/%.o)

$(BOOK)/objects/%.o: %.cpp
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(HOST_CXXFLAGS) -MMD -MP -I. -c -o $@ $<
-include $(WEAVER_OBJECTS:.o=.d)

$(WEAVER): $(WEAVER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CXX) -o $@ $^

# What is wrong with one chapter, or with all: make weave CHAPTER=pair.
CHAPTER ?=
.PHONY: weave book-coverage
weave: $(WEAVER)
	@$(WEAVER) $(if $(CHAPTER),--chapter $(CHAPTER))

# Fails until every line is shown.
book-coverage: $(WEAVER)
	@$(WEAVER) --coverage
