#include <heaplings/proc/overcommit.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::overcommit;
using heaplings::overcommit_mode;
using heaplings::parse_error;
using heaplings::read_overcommit;

namespace {

void write_settings(const synthetic_proc& proc, std::string_view mode, std::string_view ratio,
                    std::string_view kbytes)
{
    proc.write_system("sys/vm/overcommit_memory", mode);
    proc.write_system("sys/vm/overcommit_ratio", ratio);
    proc.write_system("sys/vm/overcommit_kbytes", kbytes);
}

} // namespace

TEST_SUITE_BEGIN("proc/overcommit");

TEST_CASE("the three settings have their types")
{
    CHECK((read_overcommit(HEAPLINGS_TEST_DATA "/proc/system") ==
           overcommit{overcommit_mode::heuristic, 50, 0_B}));
    const synthetic_proc proc;
    write_settings(proc, "1\n", "0\n", "4096\n");
    CHECK((read_overcommit(proc.root()) == overcommit{overcommit_mode::always, 0, 4_MiB}));
    write_settings(proc, "2\n", "2147483647\n", "9007199254740991\n");
    CHECK((read_overcommit(proc.root()) ==
           overcommit{overcommit_mode::never, 2147483647, bytes{0x7fff'ffff'ffff'fc00}}));
}

TEST_CASE("modes are called by their names")
{
    std::ostringstream out;
    out << overcommit_mode::heuristic << ' ' << overcommit_mode::always << ' '
        << overcommit_mode::never;
    CHECK(out.str() == "heuristic always never");
}

TEST_CASE("a kernel without overcommit_kbytes has no fixed amount, one without modes no settings")
{
    const synthetic_proc proc;
    CHECK_FALSE(read_overcommit(proc.root()));
    write_settings(proc, "0\n", "50\n", "0\n");
    std::filesystem::remove(proc.system_file("sys/vm/overcommit_kbytes"));
    CHECK(
        (read_overcommit(proc.root()) == overcommit{overcommit_mode::heuristic, 50, std::nullopt}));
    CHECK_THROWS_AS(static_cast<void>(read_overcommit("/no/such/mount")), std::system_error);
}

TEST_CASE("a malformed setting is an error that names file and text")
{
    const synthetic_proc proc;
    const auto refused = [&](std::string_view name, const std::string& text) {
        CAPTURE(name);
        CAPTURE(text);
        proc.write_system(name, text);
        try {
            static_cast<void>(read_overcommit(proc.root()));
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == proc.system_file(name).native());
            CHECK(error.line() == 1);
            CHECK(error.text() == text);
        }
        proc.write_system(name, "0\n");
    };
    write_settings(proc, "0\n", "0\n", "0\n");
    for (const std::string text : {"", "\n", "x\n", "-1\n", "0", "0\n0\n", "0 \n"}) {
        refused("sys/vm/overcommit_memory", text);
        refused("sys/vm/overcommit_ratio", text);
        refused("sys/vm/overcommit_kbytes", text);
    }
    refused("sys/vm/overcommit_memory", "3\n");
    refused("sys/vm/overcommit_ratio", "4294967296\n");
    refused("sys/vm/overcommit_kbytes", "9007199254740992\n");
}

TEST_CASE("this kernel has settings")
{
    CHECK(read_overcommit());
}

TEST_SUITE_END();
