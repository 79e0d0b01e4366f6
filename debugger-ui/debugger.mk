# The debugger. What it knows of the remote protocol and of symbols, the tests use as well.

DEBUGGER_RSP := $(wildcard debugger-ui/rsp/*.cpp)
DEBUGGER_SYMBOLS := $(wildcard debugger-ui/symbols/*.cpp)
