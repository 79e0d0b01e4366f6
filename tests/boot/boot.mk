# Tests that boot machines.

$(eval $(call machine_program,boot/bare-linux,tests/boot/bare_linux_test.cpp))
$(eval $(call machine_program,boot/guest,tests/boot/guest_test.cpp))
$(eval $(call machine_program,boot/host,tests/boot/host_test.cpp))
$(eval $(call machine_program,boot/pairs,tests/boot/pairs_test.cpp tests/boot/pair_walk.cpp))
$(BUILD)/tests/boot/bare-linux: | $(GUEST)/initrd
TESTS_QUICK += $(BUILD)/tests/boot/bare-linux
TESTS_FULL += $(addprefix $(BUILD)/tests/boot/,host guest pairs)
