# Tests of the debugger.

DEBUGGER_MODEL_TEST := $(wildcard debugger-ui/model/*.cpp) $(addprefix debugger-ui/rsp/,deadline.cpp file.cpp)
DEBUGGER_TESTS := walk history program
$(foreach test,$(DEBUGGER_TESTS),$(eval $(call test_program,debugger/$(test),tests/debugger/$(test)_test.cpp $(DEBUGGER_MODEL_TEST),-lz)))
$(BUILD)/tests/debugger/program: | $(BUILD)/debugger-ui
TESTS_QUICK += $(DEBUGGER_TESTS:%=$(BUILD)/tests/debugger/%)
