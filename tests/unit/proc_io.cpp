#include <heaplings/proc/io.hpp>

#include "exited_child.hpp"
#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::io_usage;
using heaplings::parse_error;
using heaplings::read_io;

TEST_SUITE_BEGIN("proc/io");

TEST_CASE("a recorded file is read")
{
    const synthetic_proc proc;
    proc.copy("io", "init");
    CHECK((read_io(proc.process, proc.root()) ==
           io_usage{56495_B, 56605_B, 161, 402, 0_B, 0_B, 0_B}));
    proc.copy("io", "weird");
    CHECK((read_io(proc.process, proc.root()) == io_usage{0_B, 3_B, 0, 1, 0_B, 0_B, 0_B}));
}

TEST_CASE("each line is in its member, whatever the order, and unknown lines are ignored")
{
    const synthetic_proc proc;
    proc.write("io", "cancelled_write_bytes: 7\nrchar: 1\nwchar: 9223372036854775807\nnew: x\n"
                     "syscw: 4\nsyscr: 18446744073709551615\nread_bytes: 5\nwrite_bytes: 6\n");
    CHECK((read_io(proc.process, proc.root()) ==
           io_usage{1_B, bytes{std::numeric_limits<std::int64_t>::max()},
                    std::numeric_limits<std::uint64_t>::max(), 4, 5_B, 6_B, 7_B}));
}

TEST_CASE("a malformed line is an error that names file, line and text")
{
    const synthetic_proc proc;
    for (const std::string line :
         {"", "wchar 1", "wchar: -1", "wchar: x", "wchar: 1 kB", "rchar: 1",
          "wchar: 9223372036854775808", "syscr: 18446744073709551616"}) {
        CAPTURE(line);
        proc.write("io", "rchar: 1\n" + line + "\n");
        try {
            static_cast<void>(read_io(proc.process, proc.root()));
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == (proc.directory() / "io").native());
            CHECK(error.line() == 2);
            CHECK(error.text() == line);
        }
    }
    proc.write("io", "rchar: 1\nwchar: 1\nnew: " + std::string(2000, 'x') + "\n");
    try {
        static_cast<void>(read_io(proc.process, proc.root()));
        FAIL_CHECK("no error");
    } catch (const parse_error& error) { // what is missing is missing at the end
        CHECK(error.line() == 4);
        CHECK(error.text().empty());
        CHECK(std::string_view{error.what()}.ends_with(":4: expected syscr, found \"\""));
    }
    for (const std::string text : {"", "rchar: 1\nwchar: 1\n"}) {
        proc.write("io", text);
        CHECK_THROWS_AS(static_cast<void>(read_io(proc.process, proc.root())), parse_error);
    }
}

TEST_CASE("what this process reads and writes is counted")
{
    const synthetic_proc proc;
    const auto path = proc.directory() / "file";
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    char block[1000] = {};
    const auto before = read_io();
    REQUIRE(pwrite(file, block, sizeof block, 0) == sizeof block);
    REQUIRE(pread(file, block, sizeof block, 0) == sizeof block);
    const auto after = read_io();
    close(file);
    REQUIRE(before);
    REQUIRE(after);
    CHECK(after->read - before->read >= 1000_B);
    CHECK(after->written - before->written == 1000_B);
    CHECK(after->read_calls > before->read_calls);
    CHECK(after->write_calls == before->write_calls + 1);
}

TEST_CASE("a process that is gone has no account, a kernel that keeps none is an error")
{
    exited_child child;
    child.wait();
    CHECK_FALSE(read_io(child.id()));
    const synthetic_proc proc;
    CHECK_THROWS_AS(static_cast<void>(read_io(proc.process, proc.root())), std::system_error);
}

TEST_SUITE_END();
