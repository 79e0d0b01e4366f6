# Coverage-guided fuzzers of what reads bytes from outside: `make build/fuzz/recording`, then run it for as long as you like
# (build/fuzz/recording -help=1). `make test` runs each of them for a moment, from the same seed every time.

FUZZERS := framing description recording trace
FUZZ := $(BUILD)/fuzz
FUZZ_CXXFLAGS := -std=c++20 -O1 -g -Wall -Wextra -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -I. -Ikernel

fuzz_framing := debugger-ui/rsp/rsp_framing.cpp
fuzz_description := $(fuzz_framing) debugger-ui/rsp/target_description.cpp
fuzz_recording := $(wildcard debugger-ui/model/*.cpp) $(addprefix debugger-ui/rsp/,deadline.cpp file.cpp)
fuzz_trace := $(filter-out %/recording.cpp,$(fuzz_recording))

FUZZ_OBJECTS := $(sort $(foreach fuzzer,$(FUZZERS),tests/fuzz/$(fuzzer).cpp $(fuzz_$(fuzzer))) tests/fuzz/seeds.cpp)
FUZZ_OBJECTS := $(FUZZ_OBJECTS:%.cpp=$(FUZZ)/objects/%.o)
$(FUZZ)/objects/%.o: %.cpp
	@mkdir -p $(@D)
	$(call say,CLANG,$<)
	$(Q)clang++ $(FUZZ_CXXFLAGS) -MMD -MP -c -o $@ $<
-include $(FUZZ_OBJECTS:.o=.d)

define fuzz_program
$(FUZZ)/$(1): $(patsubst %.cpp,$(FUZZ)/objects/%.o,tests/fuzz/$(1).cpp $(fuzz_$(1)))
	$$(call say,LINK,$$@)
	$(Q)clang++ -fsanitize=fuzzer,address,undefined -o $$@ $$^ -lz
endef
$(foreach fuzzer,$(FUZZERS),$(eval $(call fuzz_program,$(fuzzer))))

# Where the fuzzers begin: a directory of good input for each.
$(FUZZ)/write-seeds: $(patsubst %.cpp,$(FUZZ)/objects/%.o,tests/fuzz/seeds.cpp $(fuzz_recording) $(fuzz_framing))
	$(call say,LINK,$@)
	$(Q)clang++ -fsanitize=fuzzer-no-link,address,undefined -o $@ $^ -lz
$(FUZZ)/seeds: $(FUZZ)/write-seeds
	$(Q)rm -rf $@ && $< $@

$(BUILD)/tests/fuzz/fuzz: $(FUZZERS:%=$(FUZZ)/%) $(FUZZ)/seeds tests/fuzz/run-fuzzers
	@mkdir -p $(@D)
	$(Q)printf '#!/bin/sh\nexec tests/fuzz/run-fuzzers %s\n' '$(FUZZERS)' >$@ && chmod +x $@
TESTS_FULL += $(BUILD)/tests/fuzz/fuzz
