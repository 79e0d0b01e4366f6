# The book's gates: transcripts and experiments on real machines, and the tests of the weaver itself.

# The weaver's own objects, but for its main.
BOOK_LIBRARY := $(filter-out %/main.o,$(WEAVER_OBJECTS))
BOOK_PROOF := tests/book/session.cpp tests/book/proof.cpp $(addprefix book/weaver/,$(addsuffix .cpp,chapter markdown pattern text transcript))

$(BUILD)/tests/book/transcripts: $(patsubst %.cpp,$(TEST_OBJECTS)/%.o,tests/book/transcripts.cpp $(BOOK_PROOF)) $(MACHINE_LIBRARY)
$(BUILD)/tests/book/experiments: $(patsubst %.cpp,$(TEST_OBJECTS)/%.o,tests/book/experiments.cpp tests/book/experiment_tree.cpp $(BOOK_PROOF)) $(MACHINE_LIBRARY)
$(BUILD)/tests/book/transcripts $(BUILD)/tests/book/experiments:
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(TEST_CXXFLAGS) -o $@ $^ -ldw -lelf -lpthread

$(BUILD)/tests/book/transcripts $(BUILD)/tests/book/experiments: | all $(BUILD)/initramfs-test.cpio $(BUILD)/debug/twain.elf

# make transcripts [CHAPTER=tag] [UPDATE=1], make experiments [NAME=name] [UPDATE=1]
UPDATE ?=
NAME ?=
.PHONY: transcripts experiments
transcripts: $(BUILD)/tests/book/transcripts
	@$< $(if $(UPDATE),--update) $(if $(CHAPTER),--chapter $(CHAPTER))
experiments: $(BUILD)/tests/book/experiments
	@$< $(if $(UPDATE),--update) $(if $(NAME),--name $(NAME))

$(eval $(call test_program,book/weaver,tests/book/weaver_test.cpp))
$(BUILD)/tests/book/weaver: $(BOOK_LIBRARY)
$(eval $(call machine_program,book/gates,tests/book/gates_test.cpp tests/book/fixture.cpp book/weaver/text.cpp))
$(BUILD)/tests/book/gates: | $(WEAVER) $(BUILD)/tests/book/transcripts $(BUILD)/tests/book/experiments
$(eval $(call machine_program,book/site,tests/book/site_test.cpp tests/book/site.cpp,-lqpdf))
$(TEST_OBJECTS)/tests/book/site_test.o: TEST_CXXFLAGS += -DPOINTERHOLDER_TRANSITION=4
$(BUILD)/tests/book/site: $(BOOK_LIBRARY) | $(BOOK)/twain.pdf
tests/book/screenshots: | book-screenshots
TESTS_QUICK += $(BUILD)/tests/book/weaver $(BUILD)/tests/book/gates
TESTS_FULL += $(BUILD)/tests/book/site tests/book/screenshots $(BUILD)/tests/book/transcripts $(BUILD)/tests/book/experiments

# ---- The argument of the last chapter ----------------------------------------------------------------------------------
# The kernel with the alternative to the pair: this one, changed by a patch, in a tree of its own.
PAIRED_PFN := $(BUILD)/paired_pfn
PAIRED_PFN_SOURCES := $(shell find kernel -type f) Makefile tests/tools/install-packages
$(PAIRED_PFN)/twain.elf: book/paired_pfn.patch $(PAIRED_PFN_SOURCES)
	$(call say,PATCH,$(PAIRED_PFN)/kernel)
	$(Q)rm -rf $(PAIRED_PFN)/kernel && mkdir -p $(PAIRED_PFN) && cp -p --parents $(PAIRED_PFN_SOURCES) $(PAIRED_PFN)
	$(Q)cd $(PAIRED_PFN) && GIT_CEILING_DIRECTORIES=$(abspath $(BUILD)) git apply $(abspath book/paired_pfn.patch)
	$(Q)$(MAKE) -C $(PAIRED_PFN) BUILD=built built/twain.elf
	$(Q)cp $(PAIRED_PFN)/built/twain.elf $@

$(eval $(call machine_program,book/argument,tests/book/argument.cpp tests/style/source.cpp))
# Its table is a transcript, which building would disturb.
$(BUILD)/tests/book/transcripts: | $(BUILD)/tests/book/argument $(PAIRED_PFN)/twain.elf
.PHONY: argument
argument: $(BUILD)/tests/book/argument $(PAIRED_PFN)/twain.elf $(BUILD)/initramfs-test.cpio all
	@exec $<
