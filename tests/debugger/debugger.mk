# Tests of the debugger.

DEBUGGER_MODEL_TEST := $(wildcard debugger-ui/model/*.cpp) $(addprefix debugger-ui/rsp/,deadline.cpp file.cpp) \
    debugger-ui/symbols/symbol_map.cpp
DEBUGGER_TESTS := walk history expression program
$(foreach test,$(DEBUGGER_TESTS),$(eval $(call test_program,debugger/$(test),tests/debugger/$(test)_test.cpp $(DEBUGGER_MODEL_TEST),-lz -lstb)))
$(BUILD)/tests/debugger/program: | $(BUILD)/debugger-ui
$(eval $(call machine_program,debugger/stub,tests/debugger/stub_test.cpp))
$(eval $(call machine_program,debugger/live,$(wildcard tests/debugger/live*_test.cpp)))
$(BUILD)/tests/debugger/live: | $(BUILD)/debugger-ui
TESTS_FULL += $(BUILD)/tests/debugger/live
$(BUILD)/tests/bochs/live: $(BUILD)/tests/debugger/live tests/debugger/debugger.mk $(BUILD)/bochs-machine
	@mkdir -p $(@D)
	$(Q)printf '#!/bin/sh\nexec tests/tools/on-bochs %s "%s"\n' $< 'Live.WorksThrough*' >$@ && chmod +x $@
TESTS_FULL += $(BUILD)/tests/bochs/live
$(eval $(call test_program,debugger/arrangement,tests/debugger/arrangement_test.cpp $(addprefix debugger-ui/,app/command_feed.cpp rsp/deadline.cpp rsp/file.cpp views/input.cpp views/layout.cpp)))
TESTS_QUICK += $(BUILD)/tests/debugger/arrangement
# A person's mouse and keyboard, on an X server of the test's.
$(eval $(call test_program,debugger/person,tests/debugger/person_test.cpp tests/debugger/display.cpp,$(MACHINE_LIBRARY) -ldw -lelf -lX11 -lXtst))
$(BUILD)/tests/debugger/person: $(MACHINE_LIBRARY) | $(BUILD)/debugger-ui
TESTS_FULL += $(BUILD)/tests/debugger/person
$(eval $(call test_program,debugger/speed,tests/debugger/speed_test.cpp tests/debugger/display.cpp $(filter debugger-ui/model/%,$(DEBUGGER_MODEL_TEST)),$(MACHINE_LIBRARY) -ldw -lelf -lz -lX11 -lXtst))
$(BUILD)/tests/debugger/speed: $(MACHINE_LIBRARY) | $(BUILD)/debugger-ui
TESTS_FULL += $(BUILD)/tests/debugger/speed
# A whole boot, followed.
$(eval $(call test_program,debugger/boot,tests/debugger/boot_test.cpp $(filter debugger-ui/model/%,$(DEBUGGER_MODEL_TEST)),$(MACHINE_LIBRARY) -ldw -lelf -lz))
$(BUILD)/tests/debugger/boot: $(MACHINE_LIBRARY) | $(BUILD)/debugger-ui
# By hand as yet, until it has been seen on a quiet computer: build/tests/debugger/boot.
TESTS_QUICK += $(BUILD)/tests/debugger/stub $(DEBUGGER_TESTS:%=$(BUILD)/tests/debugger/%)
