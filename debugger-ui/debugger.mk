# The debugger. What it knows of the remote protocol and of symbols, the tests use as well.

DEBUGGER_RSP := $(wildcard debugger-ui/rsp/*.cpp)
DEBUGGER_SYMBOLS := $(wildcard debugger-ui/symbols/*.cpp)
DEBUGGER_SOURCES := $(wildcard debugger-ui/*.cpp debugger-ui/*/*.cpp)
DEBUGGER_OBJECTS := $(DEBUGGER_SOURCES:%.cpp=$(BUILD)/objects/%.o)
# The libraries' headers are not ours to warn about. Asked only when something is compiled: by then they are installed.
DEBUGGER_CXXFLAGS = $(HOST_CXXFLAGS) $(patsubst -I%,-isystem %,$(shell pkg-config --cflags imgui sdl2))
DEBUGGER_LIBRARIES := -limgui -lstb -lSDL2 -lZydis -ldw -lelf -lz -lpthread

$(DEBUGGER_OBJECTS): $(BUILD)/objects/%.o: %.cpp
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(DEBUGGER_CXXFLAGS) -MMD -MP -I. -Ikernel -c -o $@ $<
-include $(DEBUGGER_OBJECTS:.o=.d)

$(BUILD)/debugger-ui: $(DEBUGGER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(HOST_CXXFLAGS) -o $@ $^ $(DEBUGGER_LIBRARIES)
