# The debugger. What it knows of the remote protocol and of symbols, the tests use as well.

DEBUGGER_RSP := $(wildcard debugger-ui/rsp/*.cpp)
DEBUGGER_SYMBOLS := $(wildcard debugger-ui/symbols/*.cpp)
DEBUGGER_SOURCES := $(wildcard debugger-ui/*.cpp debugger-ui/*/*.cpp)
DEBUGGER_OBJECTS := $(DEBUGGER_SOURCES:%.cpp=$(BUILD)/objects/%.o)
# The libraries' headers are not ours to warn about. Asked only when something is compiled: by then they are installed.
DEBUGGER_CXXFLAGS = $(HOST_CXXFLAGS) $(patsubst -I%,-isystem %,$(shell pkg-config --cflags imgui sdl2))
DEBUGGER_LIBRARIES := -limgui -lstb -lSDL2 -lZydis -ldw -lelf -lz -lpthread

DEBUGGER_FLAGS = $(DEBUGGER_CXXFLAGS) -I. -Ikernel
$(eval $(call precompile,DEBUGGER,algorithm array cinttypes cmath condition_variable cstdio cstring deque filesystem fstream \
    functional map memory mutex optional set span sstream string string_view thread utility variant vector))

$(DEBUGGER_OBJECTS): $(BUILD)/objects/%.o: %.cpp $(DEBUGGER_PRECOMPILED)
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(DEBUGGER_FLAGS) $(DEBUGGER_PRELUDE) -MMD -MP -c -o $@ $<
-include $(DEBUGGER_OBJECTS:.o=.d)

$(BUILD)/debugger-ui: $(DEBUGGER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(HOST_CXXFLAGS) -o $@ $^ $(DEBUGGER_LIBRARIES)
