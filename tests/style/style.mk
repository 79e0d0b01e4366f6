# The style gates, and the counter of code lines.

$(eval $(call test_program,style/gates,tests/style/source.cpp tests/style/budget.cpp tests/style/source_test.cpp tests/style/style_test.cpp))
TESTS_QUICK += $(BUILD)/tests/style/gates
TESTS_FULL += tests/style/clang-builds

COUNT_OBJECTS := $(patsubst %,$(BUILD)/tests/style/count.d/%.o,source budget count)
$(BUILD)/tests/style/count: $(COUNT_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CXX) -o $@ $^
$(BUILD)/tests/style/count.d/%.o: tests/style/%.cpp
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(subst -O2,-O1,$(HOST_CXXFLAGS)) -Wno-maybe-uninitialized -MMD -MP -I. -c -o $@ $<
-include $(COUNT_OBJECTS:.o=.d)

count: $(BUILD)/tests/style/count
	@$<
