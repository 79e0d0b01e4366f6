# Tests of the debugger.

DEBUGGER_MODEL_TEST := $(wildcard debugger-ui/model/*.cpp) $(addprefix debugger-ui/rsp/,deadline.cpp file.cpp)
$(eval $(call test_program,debugger/walk,tests/debugger/walk_test.cpp $(DEBUGGER_MODEL_TEST),-lz))
$(eval $(call test_program,debugger/history,tests/debugger/history_test.cpp $(DEBUGGER_MODEL_TEST),-lz))
TESTS_QUICK += $(addprefix $(BUILD)/tests/debugger/,walk history)
