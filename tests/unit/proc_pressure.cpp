#include <heaplings/proc/pressure.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <system_error>

using namespace std::chrono_literals;
using heaplings::memory_pressure;
using heaplings::parse_error;
using heaplings::read_memory_pressure;

TEST_SUITE_BEGIN("proc/pressure");

TEST_CASE("shares are percent and totals are times, each in its place")
{
    const synthetic_proc proc;
    proc.write_system("pressure/memory", "some avg10=12.05 avg60=0.40 avg300=100.00 total=1234567\n"
                                         "full avg10=0.01 avg60=0.20 avg300=0.00 "
                                         "total=9223372036854775807\n");
    const auto pressure = read_memory_pressure(proc.root());
    REQUIRE(pressure);
    CHECK(pressure->some.percent_10s == doctest::Approx(12.05));
    CHECK(pressure->some.percent_60s == doctest::Approx(0.40));
    CHECK(pressure->some.percent_300s == doctest::Approx(100.0));
    CHECK((pressure->some.total == 1'234'567us));
    CHECK(pressure->full.percent_10s == doctest::Approx(0.01));
    CHECK(pressure->full.percent_60s == doctest::Approx(0.20));
    CHECK(pressure->full.percent_300s == doctest::Approx(0.0));
    CHECK((pressure->full.total == std::chrono::microseconds::max()));
}

TEST_CASE("a recorded idle system is read as zeros")
{
    CHECK((read_memory_pressure(HEAPLINGS_TEST_DATA "/proc/system") == memory_pressure{}));
}

TEST_CASE("a malformed line is an error that names file, line and text")
{
    const synthetic_proc proc;
    const std::string some = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
    for (const std::string line :
         {"", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0",
          "full avg10=0.0 avg60=0.00 avg300=0.00 total=0",
          "full avg10=0.000 avg60=0.00 avg300=0.00 total=0",
          "full avg10=0,00 avg60=0.00 avg300=0.00 total=0",
          "full avg10=-1.00 avg60=0.00 avg300=0.00 total=0",
          "full avg60=0.00 avg10=0.00 avg300=0.00 total=0",
          "full avg10=0.00 avg60=0.00 avg300=0.00 total=",
          "full avg10=0.00 avg60=0.00 avg300=0.00 total=9223372036854775808",
          "full avg10=0.00 avg60=0.00 avg300=0.00 total=0 us"}) {
        CAPTURE(line);
        proc.write_system("pressure/memory", some + line + "\n");
        try {
            static_cast<void>(read_memory_pressure(proc.root()));
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == proc.system_file("pressure/memory").native());
            CHECK(error.line() == 2);
            CHECK(error.text() == line);
        }
    }
    for (const std::string& text : {std::string{}, some}) {
        proc.write_system("pressure/memory", text);
        CHECK_THROWS_AS(static_cast<void>(read_memory_pressure(proc.root())), parse_error);
    }
}

TEST_CASE("where the kernel keeps the account all waiting is also some waiting")
{
    const auto pressure = read_memory_pressure();
    if (!pressure) {
        MESSAGE("not checked: no pressure/memory here");
        return;
    }
    CHECK((pressure->some.total >= pressure->full.total));
    CHECK(pressure->some.percent_10s <= 100);
}

TEST_CASE("a kernel without the file keeps no account, a mount that does not exist is an error")
{
    const synthetic_proc proc;
    CHECK_FALSE(read_memory_pressure(proc.root()));
    CHECK_THROWS_AS(static_cast<void>(read_memory_pressure("/no/such/mount")), std::system_error);
}

TEST_SUITE_END();
