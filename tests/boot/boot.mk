# Tests that boot machines, and what those machines run.

# A program of ours that users may want as well, in Twain and in the guest.
INITRAMFS_PROGRAMS += $(BUILD)/programs/nanwan
GUEST_PROGRAMS += $(BUILD)/programs/nanwan

# Twain's initramfs with the test programs in /test.
TEST_PROGRAMS := helloguest systest ttytest badprog pairstress nanwan ringvtest storm largepages shootdown tables
TEST_PROGRAM_FILES := $(TEST_PROGRAMS:%=$(BUILD)/programs/%)
$(BUILD)/initramfs-test.cpio: $(INITRAMFS_PARTS) $(INITRAMFS_BASE) $(TEST_PROGRAM_FILES)
	$(call say,CPIO,$@)
	$(Q)kernel/initramfs/make-initramfs $@ $(INITRAMFS_BASE) $(TEST_PROGRAM_FILES:%=test:%)

BOOT_TESTS := host programs guest vcpus pairs ringv panic checked image run stub cores large_pages processors
boot_stub_sources := tests/boot/stub_cores_test.cpp
boot_pairs_sources := tests/boot/pair_walk.cpp
boot_large_pages_sources := tests/boot/pair_walk.cpp tests/boot/nested_faults.cpp
boot_processors_sources := tests/boot/pair_walk.cpp tests/boot/nested_faults.cpp
$(foreach test,$(BOOT_TESTS),$(eval $(call machine_program,boot/$(test),tests/boot/$(test)_test.cpp $(boot_$(test)_sources))))
$(eval $(call machine_program,boot/bare-linux,tests/boot/bare_linux_test.cpp))
$(BUILD)/tests/boot/bare-linux: | $(GUEST)/initrd
$(BUILD)/tests/boot/image: | $(BUILD)/twain.iso
$(BUILD)/tests/boot/programs $(BUILD)/tests/boot/ringv $(BUILD)/tests/boot/checked $(BUILD)/tests/boot/stub $(BUILD)/tests/boot/cores $(BUILD)/tests/boot/large_pages $(BUILD)/tests/boot/processors: | $(BUILD)/initramfs-test.cpio
TESTS_QUICK += $(BUILD)/tests/boot/bare-linux
TESTS_FULL += $(BOOT_TESTS:%=$(BUILD)/tests/boot/%) tests/boot/commands

# The kernel with its checks of lock order, frames and pairs, in a build directory of its own.
CHECKED := $(BUILD)/debug
$(CHECKED)/twain.elf: $(BUILD)/twain.elf
	@mkdir -p $(CHECKED)/packages && touch $(CHECKED)/packages/BUILD.mk
	$(Q)$(MAKE) BUILD=$(CHECKED) DEBUG=1 $@
$(BUILD)/tests/boot/checked $(BUILD)/tests/boot/large_pages: | $(CHECKED)/twain.elf

# The same tests on machines of four cores: CORES_x says which of boot/x.
CORES_programs := *
CORES_ringv := RingV.Keeps*:RingV.Survives*
CORES_TESTS := programs ringv
$(CORES_TESTS:%=$(BUILD)/tests/cores/%): $(BUILD)/tests/cores/%: $(BUILD)/tests/boot/% tests/boot/boot.mk
	@mkdir -p $(@D)
	$(Q)printf '#!/bin/sh\nexec tests/tools/on-cores 4 %s "%s"\n' $< '$(CORES_$*)' >$@ && chmod +x $@
TESTS_FULL += $(CORES_TESTS:%=$(BUILD)/tests/cores/%)

# The same tests in Bochs, whose processor is Intel's: BOCHS_x says which of boot/x. Bochs is slow; all of them together
# should take no more than twelve minutes.
BOCHS_host := TwainShell.Answers*:Twain.*
BOCHS_programs := Programs.BadPrograms*:Programs.SystemCalls*
BOCHS_run := Run.GivesTheTerminalToTwain*:Run.TakesCommands*:Run.SaysWhatIsMissing
BOCHS_panic := Panic.EndsEvery*
BOCHS_stub := KernelStub.StopsAtAFunction*:KernelStub.StopsBehind*:KernelStub.StopsAn*:KernelStub.WorksWithGdb:KernelStubPanic.Shows*:KernelStubGuest.*
BOCHS_ringv := RingV.Keeps*:RingV.Counts*:RingV.Boots*:RingV.DoesWithout*
BOCHS_guest := InTheGuest.Twenty*:InTheGuest.CtrlC*
BOCHS_pairs := Pairs.Keep*:Pairs.Show*:Pairs.AreWritten*
BOCHS_cores := Machine/Cores.Forget*/4:Machine/Cores.Keep*/4:Machine/Cores.Have*/4
BOCHS_processors := Of/PlainProcessors.*:Of/OlderProcessors.*/Sandy*
BOCHS_vcpus := Of/GuestVcpus.*/2On1
BOCHS_TESTS := host programs run panic stub ringv guest pairs cores processors vcpus
$(BOCHS_TESTS:%=$(BUILD)/tests/bochs/%): $(BUILD)/tests/bochs/%: $(BUILD)/tests/boot/% tests/boot/boot.mk $(BUILD)/bochs-machine
	@mkdir -p $(@D)
	$(Q)printf '#!/bin/sh\nexec tests/tools/on-bochs %s "%s"\n' $< '$(BOCHS_$*)' >$@ && chmod +x $@
TESTS_FULL += $(BOCHS_TESTS:%=$(BUILD)/tests/bochs/%)
