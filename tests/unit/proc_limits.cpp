#include <heaplings/proc/limits.hpp>

#include "exited_child.hpp"
#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>

using namespace heaplings::literals;
using namespace std::chrono_literals;
using heaplings::bytes;
using heaplings::parse_error;
using heaplings::read_limits;
using heaplings::resource_limit;

namespace {

// The recorded limits with `from` replaced by `to`.
std::string recorded_with(const std::string& from, const std::string& to)
{
    std::ifstream file{HEAPLINGS_TEST_DATA "/proc/init/limits"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto place = text.find(from);
    REQUIRE(place != text.npos);
    return text.replace(place, from.size(), to);
}

} // namespace

TEST_SUITE_BEGIN("proc/limits");

TEST_CASE("recorded limits are read, unlimited ones as nothing")
{
    const synthetic_proc proc;
    proc.copy("limits", "init");
    const auto limits = read_limits(proc.process, proc.root());
    REQUIRE(limits);
    CHECK((limits->stack == resource_limit<bytes>{8_MiB, std::nullopt}));
    CHECK((limits->core_file == resource_limit<bytes>{0_B, std::nullopt}));
    CHECK((limits->processes == resource_limit<std::uint64_t>{1839, 1839}));
    CHECK((limits->open_files == resource_limit<std::uint64_t>{1024, 4096}));
    CHECK((limits->locked == resource_limit<bytes>{8_MiB, 8_MiB}));
    CHECK((limits->nice == resource_limit<std::uint64_t>{0, 0}));
    CHECK((limits->address_space == resource_limit<bytes>{}));
    CHECK((limits->realtime_timeout == resource_limit<std::chrono::microseconds>{}));

    proc.copy("limits", "huge");
    CHECK((read_limits(proc.process, proc.root())->locked ==
           resource_limit<bytes>{1_MiB, std::nullopt}));
}

TEST_CASE("each row is in its member, of its type")
{
    const synthetic_proc proc;
    proc.write("limits", "Limit  Soft Limit  Hard Limit  Units  \n"
                         "Max cpu time  1 101 seconds\n"
                         "Max file size  2 102 bytes\n"
                         "Max data size  3 103 bytes\n"
                         "Max stack size  4 104 bytes\n"
                         "Max core file size  5 105 bytes\n"
                         "Max resident set  6 106 bytes\n"
                         "Max processes  7 107 processes\n"
                         "Max open files  8 108 files\n"
                         "Max locked memory  9 109 bytes\n"
                         "Max address space  10 9223372036854775807 bytes\n"
                         "Max file locks  11 111 locks\n"
                         "Max something new  x y z\n"
                         "Max pending signals  12 18446744073709551614 signals\n"
                         "Max msgqueue size  13 113 bytes\n"
                         "Max nice priority  14 114 \n"
                         "Max realtime priority  15 115 \n"
                         "Max realtime timeout  16 116 us\n");
    const auto limits = read_limits(proc.process, proc.root());
    REQUIRE(limits);
    CHECK((limits->processor_time == resource_limit<std::chrono::seconds>{1s, 101s}));
    CHECK((limits->file_size == resource_limit<bytes>{2_B, 102_B}));
    CHECK((limits->data == resource_limit<bytes>{3_B, 103_B}));
    CHECK((limits->stack == resource_limit<bytes>{4_B, 104_B}));
    CHECK((limits->core_file == resource_limit<bytes>{5_B, 105_B}));
    CHECK((limits->resident == resource_limit<bytes>{6_B, 106_B}));
    CHECK((limits->processes == resource_limit<std::uint64_t>{7, 107}));
    CHECK((limits->open_files == resource_limit<std::uint64_t>{8, 108}));
    CHECK((limits->locked == resource_limit<bytes>{9_B, 109_B}));
    CHECK((limits->address_space ==
           resource_limit<bytes>{10_B, bytes{std::numeric_limits<std::int64_t>::max()}}));
    CHECK((limits->file_locks == resource_limit<std::uint64_t>{11, 111}));
    CHECK((limits->pending_signals ==
           resource_limit<std::uint64_t>{12, std::numeric_limits<std::uint64_t>::max() - 1}));
    CHECK((limits->message_queues == resource_limit<bytes>{13_B, 113_B}));
    CHECK((limits->nice == resource_limit<std::uint64_t>{14, 114}));
    CHECK((limits->realtime_priority == resource_limit<std::uint64_t>{15, 115}));
    CHECK((limits->realtime_timeout == resource_limit<std::chrono::microseconds>{16us, 116us}));
}

TEST_CASE("a malformed row is an error that names file, line and text")
{
    const synthetic_proc proc;
    for (const std::string row :
         {"Max stack size            8388608              unlimited            kB        ",
          "Max stack size            8388608              bytes",
          "Max stack size            -1                   unlimited            bytes",
          "Max stack size            unlimitedunlimited   bytes",
          "Max stack size            8388608              unlimited            bytes x",
          "Max stack size            9223372036854775808  unlimited            bytes",
          "Max stack size", "Max stack size            "}) {
        CAPTURE(row);
        proc.write("limits",
                   recorded_with("Max stack size            8388608              unlimited         "
                                 "   bytes     ",
                                 row));
        try {
            static_cast<void>(read_limits(proc.process, proc.root()));
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == (proc.directory() / "limits").native());
            CHECK(error.line() == 5);
            CHECK(error.text() == row);
        }
    }
}

TEST_CASE("a file without its head or one of the limits is an error, not unlimited")
{
    const synthetic_proc proc;
    for (const std::string& text : {std::string{"\n"}, recorded_with("Limit ", "Limits"),
                                    recorded_with("Max address space", "Max something new"),
                                    recorded_with("us        \n", "us")}) {
        proc.write("limits", text);
        CHECK_THROWS_AS(static_cast<void>(read_limits(proc.process, proc.root())), parse_error);
    }
}

TEST_CASE("the limits of this process are those that getrlimit tells")
{
    const auto limits = read_limits();
    REQUIRE(limits);
    const auto limit = [](auto resource) {
        rlimit values;
        REQUIRE(getrlimit(resource, &values) == 0);
        const auto value = [](rlim_t v) {
            return v == RLIM_INFINITY ? std::nullopt : std::optional{bytes{v}};
        };
        return resource_limit<bytes>{value(values.rlim_cur), value(values.rlim_max)};
    };
    CHECK((limits->stack == limit(RLIMIT_STACK)));
    CHECK((limits->address_space == limit(RLIMIT_AS)));
    CHECK((limits->core_file == limit(RLIMIT_CORE)));
    CHECK((limits->locked == limit(RLIMIT_MEMLOCK)));
}

TEST_CASE("an empty file is of a process that is being waited for, and so gone")
{
    const synthetic_proc proc;
    proc.write("limits", "");
    CHECK_FALSE(read_limits(proc.process, proc.root()));
}

TEST_CASE("a zombie has limits yet, a process that is gone has none")
{
    exited_child child;
    CHECK(read_limits(child.id()));
    child.wait();
    CHECK_FALSE(read_limits(child.id()));
}

TEST_SUITE_END();
