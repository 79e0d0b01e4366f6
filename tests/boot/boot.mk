# Tests that boot machines.

$(eval $(call machine_program,boot/bare-linux,tests/boot/bare_linux_test.cpp))
TESTS_QUICK += $(BUILD)/tests/boot/bare-linux
$(BUILD)/tests/boot/bare-linux: | $(GUEST)/initrd
