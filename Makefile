# Twain: every command and every file that is built. `make help` lists the commands.
#
# Everything built lies under $(BUILD). The rules for the kernel, the VMM and the tests are in the fragments included
# below; this file holds what they share. `V=1` shows the commands that run.

BUILD ?= build
CXX := g++
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
# $(call say,CXX,kernel/main.cpp) is the one quiet line that stands for a command.
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Werror
# A tree that is graded says here what its code may do (labs/grade/submission.cpp).
-include lab.mk
HOST_CXXFLAGS := -std=c++20 -O2 -g $(WARNINGS)

# ---- Debian packages: the one place that names them -----------------------------------------------------------------
PACKAGES_BUILD := g++ make binutils busybox-static cpio acpica-tools libzydis-dev linux-libc-dev qemu-system-x86
PACKAGES_TEST  := bubblewrap parallel rsync zip unzip python3-jsonschema clang clang-format libgtest-dev libdw-dev gdb libx11-dev libxtst-dev
PACKAGES_IMAGE := grub-pc-bin grub-common xorriso mtools
PACKAGES_BOCHS := bochs bochs-sdl bochsbios
PACKAGES_BOOK  := g++ make git universal-ctags graphviz doxygen doxygen-awesome-css chromium fonts-sil-charis fonts-inconsolata \
    qemu-system-x86 libqpdf-dev
PACKAGES_DEBUGGER := libsdl2-dev libimgui-dev libstb-dev libdw-dev zlib1g-dev libzydis-dev fonts-dejavu-core xvfb
# The guest's kernel and modules are unpacked from what this package depends on; it is never installed.
GUEST_KERNEL_PACKAGE := linux-image-cloud-amd64

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDEXPANSION:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# All cores, unless -j says otherwise. A make inside shares what the one outside has.
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
.PHONY: all run host debug test test-quick bench book lab grade grade-class gradescope kubernetes help count deps clean format

# ---- The standard library's headers ------------------------------------------------------------------------------------
# Reading them costs more than half of the time of most files, so g++ reads them once. Each file includes what it uses
# nevertheless: clang++ (tests/style/clang-builds) and the tests compile without this.
#
# $(call precompile,NAME,HEADERS): rules for $(BUILD)/NAME.h, the HEADERS in one, and its compiled form. The objects that
# depend on $(NAME_PRECOMPILED) get it by $(NAME_PRELUDE) among their flags, which must be $(NAME_FLAGS).
ifeq ($(findstring clang,$(CXX)),)
define precompile
$(1)_PRELUDE := -Winvalid-pch -include $(BUILD)/precompiled/$(1).h
$(1)_PRECOMPILED := $(BUILD)/precompiled/$(1).h.gch
$(BUILD)/precompiled/$(1).h.gch: $(lastword $(MAKEFILE_LIST))
	$$(call say,CXX,$(BUILD)/precompiled/$(1).h)
	$(Q)mkdir -p $$(@D)
	$(Q)printf '#include <%s>\n' $(2) > $(BUILD)/precompiled/$(1).h
	$(Q)$$(CXX) $$($(1)_FLAGS) -x c++-header $(BUILD)/precompiled/$(1).h -o $$@
endef
endif

# ---- The machine's variables -----------------------------------------------------------------------------------------
ACCEL     ?=
CPUS      ?= 1
VCPUS     ?= 1
MEM       ?=
GUEST_MEM ?= 512M
BIGPAGES  ?= on
DEBUG_OPTIONS ?=
STUB      ?=
export ACCEL CPUS VCPUS MEM GUEST_MEM BIGPAGES DEBUG_OPTIONS STUB BUILD

# ---- Before anything is built: the packages ---------------------------------------------------------------------------
# The included file is a stamp. Make brings included files up to date first, so missing packages are installed before any
# compiler runs, in one question, whatever -j says. Each command asks for the sets that it uses, and for no others.
NO_PACKAGES_NEEDED := help count clean deps
GOALS := $(filter-out $(NO_PACKAGES_NEEDED),$(or $(MAKECMDGOALS),all))
ifneq ($(GOALS),)
PACKAGE_SETS := BUILD
ifneq ($(filter test test-quick bench argument format lab grade grade-class gradescope kubernetes $(BUILD)/tests% $(BUILD)/grade $(BUILD)/class-roll $(BUILD)/handout,$(GOALS)),)
PACKAGE_SETS += TEST
endif
# The site is made of programs that these tests run, and of the debugger's pictures.
ifneq ($(filter book book-% weave transcripts experiments argument test test-quick $(BUILD)/book/% $(BUILD)/tests/book/%,$(GOALS)),)
PACKAGE_SETS += BOOK
endif
ifneq ($(filter debug test test-quick bench argument book book-% $(BUILD)/book/% transcripts experiments $(BUILD)/debugger-ui $(BUILD)/tests%,$(GOALS)),)
PACKAGE_SETS += DEBUGGER
endif
# Some labs are graded on Bochs as well.
GRADES_ON_BOCHS := $(and $(filter grade grade-class,$(GOALS)),$(LAB),$(shell grep -ls '^behaviour vmx ' labs/$(LAB)-*/lab labs/0$(LAB)-*/lab))
ifneq ($(filter test $(BUILD)/twain.iso $(BUILD)/tests/b%,$(GOALS))$(filter bochs,$(ACCEL))$(GRADES_ON_BOCHS),)
PACKAGE_SETS += IMAGE
endif
ifneq ($(filter test $(BUILD)/tests/bochs/%,$(GOALS))$(filter bochs,$(ACCEL))$(GRADES_ON_BOCHS),)
PACKAGE_SETS += BOCHS
endif
NOTHING :=
PACKAGE_STAMP := $(BUILD)/packages/$(subst $(NOTHING) $(NOTHING),-,$(PACKAGE_SETS)).mk
$(PACKAGE_STAMP): Makefile
	@tests/tools/install-packages $(sort $(foreach set,$(PACKAGE_SETS),$(PACKAGES_$(set))))
	@mkdir -p $(@D) && touch $@
include $(PACKAGE_STAMP)
endif

-include kernel/kernel.mk
-include kernel/initramfs/initramfs.mk
-include vmm/vmm.mk
-include vmm/guest/guest.mk
-include debugger-ui/debugger.mk
-include book/book.mk
-include tests/tests.mk

# What else the machine that was asked for needs.
RUN_ALSO := $(if $(filter bochs,$(ACCEL)),$(BUILD)/bochs-machine)

# ---- Commands ---------------------------------------------------------------------------------------------------------
all: $(BUILD)/twain.elf $(BUILD)/vmm $(BUILD)/initramfs.cpio

run: all $(RUN_ALSO)
	@exec setpriv --pdeathsig TERM tests/tools/run-machine run

host: all $(RUN_ALSO)
	@exec setpriv --pdeathsig TERM tests/tools/run-machine host

debug: all $(BUILD)/debugger-ui $(RUN_ALSO)
	@exec setpriv --pdeathsig TERM tests/tools/run-machine debug

deps:
	@tests/tools/install-packages $(sort $(foreach set,BUILD TEST BOOK DEBUGGER IMAGE BOCHS,$(PACKAGES_$(set))))

clean:
	$(call say,CLEAN,$(BUILD))
	$(Q)rm -rf $(BUILD)

format:
	$(call say,FORMAT,every C++ file)
	$(Q)git ls-files -co --exclude-standard '*.h' '*.cpp' | xargs -r clang-format -i

help:
	@sed -n 's/^#:[ ]\{0,1\}//p' Makefile

#: Twain's commands. Each installs the packages it lacks (it asks once), and exits non-zero when it failed.
#:
#:   make run         boot Twain, its VMM and Debian's Linux in it: the terminal is a shell in the guest
#:   make host        the same machine, but the terminal is Twain's own shell; `vmm --help` starts guests by hand
#:   make test        every test; ends with `N passed, N failed`. make test-quick: the part under two minutes [JOBS=1]
#:   make bench       the measured figures beside their goals
#:   make count       code lines of the parts whose size is limited
#:   make             build everything under build/; make clean removes it; V=1 shows the commands
#:   make build/twain.iso     a CD or USB stick image from which GRUB boots the same on a PC
#:   make deps        install every Debian package that building and testing need
#:   make format      bring every C++ file into the project's form
#:   make debug       make run with the debugger's window, stopped at the guest's first page fault
#:   make book        the book: a web site and a PDF; says where they are, and what no chapter shows yet
#:   make weave CHAPTER=tag       what is wrong with one chapter of it
#:   make argument    the pair beside the alternative of 2015, both measured: the table of the last chapter
#:   make transcripts, make experiments       do again what the book shows [CHAPTER=tag | NAME=name] [UPDATE=1]
#:   make lab LAB=1 DIR=~/lab1    a student's work tree for lab 1, a repository of its own
#:   make grade LAB=1             its grade, also as JSON; in a work tree just make grade [DIR=TREE] [BEHAVIOUR=NAME] [SEED=N]
#:   make grade-class LAB=1 SUBMISSIONS=DIR       a class's grades as a page and a table; goes on after an interruption [OUT=DIR] [JOBS=N]
#:   make gradescope LAB=1        Gradescope's autograder of a lab; make kubernetes LAB=1 SUBMISSIONS=DIR IMAGE=NAME: a class as a Job
#:
#: make run, make host and make debug take
#:   ACCEL=kvm        QEMU on this processor, where KVM can nest (the default there)
#:   ACCEL=tcg        QEMU alone: an emulated processor with AMD's SVM (the default elsewhere)
#:   ACCEL=bochs      Bochs: an emulated processor with Intel's VMX; slow
#:   CPUS=1 MEM=1G               cores (at most 32) and memory of the machine (MEM: the guest's and 512M)
#:   VCPUS=1 GUEST_MEM=512M      vCPUs and memory of the guest
#:   BIGPAGES=on      off: only 4 KiB pages
#:   DEBUG_OPTIONS=   for the debugger (build/debugger-ui --help)
#:   STUB=PATH        the kernel listens there for gdb: gdb build/twain.elf -ex 'target remote PATH'
