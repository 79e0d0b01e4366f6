// SPDX-License-Identifier: MIT
/// @file
/// @brief Tests of reading target descriptions, with the traps of QEMU's.
/// @chapter testing
#include "debugger-ui/rsp/target_description.h"

#include <gtest/gtest.h>

#include <map>

#include "debugger-ui/rsp/error.h"

namespace machine {
namespace {

TargetDescription parse(std::map<std::string, std::string> files) {
    return TargetDescription::parse([files](const std::string& name) { return files.at(name); });
}

TEST(TargetDescription, TakesRegistersInOrderThroughIncludes) {
    const auto description = parse({{"target.xml", "<target><xi:include href=\"core.xml\"/></target>"},
                                    {"core.xml",
                                     "<feature name=\"x\">\n"
                                     "  <reg name=\"rax\" bitsize=\"64\" type=\"int64\"/>\n"
                                     "  <reg\n name=\"st0\" bitsize=\"80\"/>\n"
                                     "  <reg name=\"eflags\" bitsize=\"32\"/>\n"
                                     "</feature>"}});
    ASSERT_EQ(description.registers().size(), 3u);
    EXPECT_EQ(description.find("st0")->offset, 8u);
    EXPECT_EQ(description.find("eflags")->offset, 18u);
    EXPECT_EQ(description.find("rbx"), nullptr);
}

TEST(TargetDescription, SkipsWhatStandsInComments) {
    const auto description = parse({{"target.xml",
                                     "<reg name=\"cs\" bitsize=\"32\"/>\n"
                                     "<!-- <reg name=\"ss_base\" bitsize=\"64\"/>\n -->"
                                     "<reg name=\"fs_base\" bitsize=\"64\"/>"}});
    EXPECT_EQ(description.find("ss_base"), nullptr);
    EXPECT_EQ(description.find("fs_base")->offset, 4u);
}

TEST(TargetDescription, RefusesADescriptionWithoutRegisters) {
    EXPECT_THROW(parse({{"target.xml", "<target><region name=\"no\" bitsize=\"8\"/></target>"}}), Error);
}

TEST(TargetDescription, RefusesWhatHasNoEndOrNoSize) {
    EXPECT_THROW(parse({{"target.xml", "<xi:include href=\"target.xml\"/>"}}), Error);
    EXPECT_THROW(parse({{"target.xml", "<reg name=\"rax\" bitsize=\"many\"/>"}}), Error);
    EXPECT_THROW(parse({{"target.xml", "<reg name=\"rax\" bitsize=\"99999999999\"/>"}}), Error);
}

TEST(Registers, AreReadByName) {
    const auto description =
        parse({{"target.xml", "<reg name=\"a\" bitsize=\"16\"/><reg name=\"b\" bitsize=\"64\"/>"}});
    const Registers registers(description, {0x34, 0x12, 8, 7, 6, 5, 4, 3, 2, 1});
    EXPECT_EQ(registers["a"], 0x1234u);
    EXPECT_EQ(registers["b"], 0x0102'0304'0506'0708u);
    EXPECT_THROW(registers["c"], Error);
}

}  // namespace
}  // namespace machine
