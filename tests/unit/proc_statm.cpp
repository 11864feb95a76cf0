#include <heaplings/proc/statm.hpp>

#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

using namespace heaplings::literals;
using heaplings::page_size;
using heaplings::parse_error;
using heaplings::process_id;
using heaplings::read_statm;
using heaplings::statm;

TEST_SUITE_BEGIN("proc/statm");

TEST_CASE("pages become bytes, each in its field")
{
    const synthetic_proc proc;
    proc.write("statm", "2890 335 83 170 0 2380 0\n");
    const auto sizes = read_statm(proc.process, proc.root());
    REQUIRE(sizes);
    CHECK(sizes->size == 2890 * page_size());
    CHECK(sizes->resident == 335 * page_size());
    CHECK(sizes->shared == 83 * page_size());
    CHECK(sizes->text == 170 * page_size());
    CHECK(sizes->data == 2380 * page_size());
}

TEST_CASE("recorded files are read, those of kernel threads, zombies and dead leaders as zero")
{
    const synthetic_proc proc;
    for (const std::string capture : {"weird", "huge", "init"}) {
        CAPTURE(capture);
        proc.copy("statm", capture);
        const auto sizes = read_statm(proc.process, proc.root());
        REQUIRE(sizes);
        CHECK(sizes->size >= sizes->resident);
        CHECK(sizes->resident > 0_B);
    }
    for (const std::string capture : {"kthread", "zombie", "leadergone"}) {
        CAPTURE(capture);
        proc.copy("statm", capture);
        CHECK(read_statm(proc.process, proc.root()) == statm{});
    }
}

TEST_CASE("this process is resident in memory")
{
    const auto sizes = read_statm();
    REQUIRE(sizes);
    CHECK(sizes->resident > 0_B);
    CHECK(sizes->size >= sizes->resident);
    CHECK(sizes->text > 0_B);
}

TEST_CASE("a malformed statm is an error that names file and text")
{
    const synthetic_proc proc;
    for (const std::string text : {"", "\n", "1 2 3\n", "1 2 3 4 5 6 7", "1 2 3 4 5 6 7 8\n",
                                   "1 2 3 4 5 6 7\n8\n", "1  2 3 4 5 6 7\n", "-1 2 3 4 5 6 7\n",
                                   "0x1 2 3 4 5 6 7\n", "99999999999999999999 2 3 4 5 6 7\n",
                                   "9999999999999999999 2 3 4 5 6 7\n", "1 2 3 4 x 6 7\n"}) {
        CAPTURE(text);
        proc.write("statm", text);
        try {
            static_cast<void>(read_statm(proc.process, proc.root()));
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == (proc.directory() / "statm").native());
            CHECK(error.line() == 1);
            CHECK(error.text() == text);
        }
    }
}

TEST_CASE("a statm that does not end is an error")
{
    const synthetic_proc proc;
    proc.write("statm", std::string(100'000, '1'));
    CHECK_THROWS_AS(static_cast<void>(read_statm(proc.process, proc.root())), parse_error);
}

TEST_CASE("a process that is gone has no statm")
{
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(0);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    CHECK_FALSE(read_statm(process_id{child}));

    const synthetic_proc proc;
    CHECK_FALSE(read_statm(process_id{4243}, proc.root()));
    CHECK_FALSE(read_statm(process_id{0}, proc.root()));
    CHECK_FALSE(read_statm(process_id{-1}, proc.root()));
}

TEST_CASE("a zombie has a statm of zeros until it is waited for")
{
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(0);
    siginfo_t info;
    REQUIRE(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
    CHECK(read_statm(process_id{child}) == statm{});
    REQUIRE(waitpid(child, nullptr, 0) == child);
}

TEST_CASE("what hides the file is an error of the system that names the path")
{
    const synthetic_proc proc;
    const auto what = [&](const std::string& root) -> std::string {
        try {
            static_cast<void>(read_statm(proc.process, root));
        } catch (const std::system_error& error) {
            return error.what();
        }
        return "no error";
    };
    CHECK(what(proc.root()) ==
          "cannot open " + (proc.directory() / "statm").native() + ": No such file or directory");
    CHECK(what("/no/such/mount") ==
          "cannot open /no/such/mount/4242/statm: No such file or directory");

    std::filesystem::create_directory(proc.directory() / "statm");
    CHECK(what(proc.root()) ==
          "cannot read " + (proc.directory() / "statm").native() + ": Is a directory");
    CHECK(what(std::string(5000, 'x')).ends_with(": File name too long"));
}

TEST_SUITE_END();
