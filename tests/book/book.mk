# The book's gates: transcripts and experiments on real machines, and the tests of the weaver itself.

# What the weaver is made of, but for its main, once more for this machine's tests.
BOOK_LIBRARY := $(filter-out book/weaver/main.cpp,$(wildcard book/weaver/*.cpp))
BOOK_PROOF := tests/book/session.cpp tests/book/proof.cpp $(addprefix book/weaver/,$(addsuffix .cpp,chapter markdown text transcript))

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

TESTS_FULL += $(BUILD)/tests/book/transcripts $(BUILD)/tests/book/experiments
