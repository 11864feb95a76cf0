#include <heaplings/proc/cgroup.hpp>

#include "exited_child.hpp"
#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <string>
#include <system_error>

using heaplings::cgroup_file;
using heaplings::cgroup_membership;
using heaplings::parse_error;

TEST_SUITE_BEGIN("proc/cgroup");

TEST_CASE("a system of version 2 has one hierarchy")
{
    const synthetic_proc proc;
    proc.copy("cgroup", "huge");
    cgroup_file cgroups{proc.process, proc.root()};
    const auto place = cgroups.next();
    REQUIRE(place);
    CHECK(place->is_v2());
    CHECK(place->path == "/");
    CHECK_FALSE(place->is_removed);
    CHECK_FALSE(place->has("memory"));
    CHECK_FALSE(place->has(""));
    CHECK_FALSE(cgroups.next());
    CHECK(cgroups.find_v2());
    CHECK_FALSE(cgroups.find_v1("memory"));
}

TEST_CASE("a system of both versions has a hierarchy for each controller and one of version 2")
{
    const synthetic_proc proc;
    proc.write("cgroup", "12:cpu,cpuacct:/a:b\n4:memory:/user.slice/with space\n"
                         "1:name=systemd:/init.scope\n0::/../other (deleted)\n");
    cgroup_file cgroups{proc.process, proc.root()};
    const auto memory = cgroups.find_v1("memory");
    REQUIRE(memory);
    CHECK(memory->hierarchy == 4);
    CHECK(memory->controllers == "memory");
    CHECK(memory->path == "/user.slice/with space");

    const auto cpuacct = cgroups.find_v1("cpuacct");
    REQUIRE(cpuacct);
    CHECK(cpuacct->hierarchy == 12);
    CHECK(cpuacct->path == "/a:b");
    CHECK(cpuacct->has("cpu"));
    CHECK_FALSE(cpuacct->has("acct"));
    CHECK_FALSE(cpuacct->has("cpu,cpuacct"));

    const auto unified = cgroups.find_v2();
    REQUIRE(unified);
    CHECK(unified->path == "/../other");
    CHECK(unified->is_removed);

    cgroups.rewind();
    int number = 0;
    for ([[maybe_unused]] const cgroup_membership& place : cgroups) ++number;
    CHECK(number == 4);
}

TEST_CASE("a malformed line is an error that names file, line and text")
{
    const synthetic_proc proc;
    for (const std::string line : {"", "0", "0:", "0::", "0:/", "x::/", "-1::/", "0::path",
                                   "0:memory:/", "4294967296:memory:/"}) {
        CAPTURE(line);
        proc.write("cgroup", "4:memory:/\n" + line + "\n");
        cgroup_file cgroups{proc.process, proc.root()};
        REQUIRE(cgroups.next());
        try {
            static_cast<void>(cgroups.next());
            FAIL_CHECK("no error");
        } catch (const parse_error& error) {
            CHECK(error.file() == (proc.directory() / "cgroup").native());
            CHECK(error.line() == 2);
            CHECK(error.text() == line);
        }
    }
}

TEST_CASE("a path longer than the buffer keeps its head and the next line is whole")
{
    const synthetic_proc proc;
    const std::string path = "/" + std::string(10'000, 'x');
    proc.write("cgroup", "4:memory:" + path + "\n0::/\n");
    cgroup_file cgroups{proc.process, proc.root()};
    const auto memory = cgroups.next();
    REQUIRE(memory);
    CHECK(memory->path_is_cut);
    CHECK(path.starts_with(memory->path));
    CHECK(memory->path.size() > 4096);
    const auto unified = cgroups.next();
    REQUIRE(unified);
    CHECK(unified->path == "/");
    CHECK_FALSE(unified->path_is_cut);
}

TEST_CASE("a process that is gone is in no cgroup, a kernel without them is an error")
{
    exited_child child;
    child.wait();
    cgroup_file gone{child.id()};
    CHECK_FALSE(gone.next());
    CHECK_FALSE(gone.find_v2());

    const synthetic_proc proc;
    CHECK_THROWS_AS(cgroup_file(proc.process, proc.root()), std::system_error);
}

TEST_CASE("the places of this process begin at the root of their hierarchies")
{
    cgroup_file cgroups;
    int number = 0;
    for (const cgroup_membership& place : cgroups) {
        CHECK(place.path.starts_with('/'));
        ++number;
    }
    CHECK(number > 0);
}

TEST_SUITE_END();
