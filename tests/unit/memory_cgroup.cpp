#include <heaplings/cgroup/memory_cgroup.hpp>

#include "fake_cgroups.hpp"

#include <heaplings/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace heaplings::literals;
using heaplings::cgroup_version;
using heaplings::find_memory_cgroup;
using heaplings::memory_cgroup;
using heaplings::parse_error;
using heaplings::this_process;

namespace {

std::optional<std::string> found(std::string_view cgroup, std::string_view mountinfo)
{
    const synthetic_proc proc;
    proc.write_system("self/cgroup", cgroup);
    proc.write_system("self/mountinfo", mountinfo);
    const auto place = find_memory_cgroup(this_process, proc.root());
    if (!place) return std::nullopt;
    return place->directory();
}

std::vector<pid_t> processes(const memory_cgroup& cgroup)
{
    std::vector<pid_t> pids;
    cgroup.for_each_process([&](pid_t pid) { pids.push_back(pid); });
    std::sort(pids.begin(), pids.end());
    return pids;
}

} // namespace

TEST_SUITE_BEGIN("memory_cgroup");

TEST_CASE("the mount with the memory controller is found among those of version 1")
{
    const std::string mounts =
        "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,memory_not\n"
        "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 master:1 - cgroup cgroup "
        "rw,memory\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    CHECK(found("4:memory:/a/b\n0::/\n", mounts) == "/sys/fs/cgroup/memory/a/b");
    CHECK(found("4:memory:/\n0::/\n", mounts) == "/sys/fs/cgroup/memory");
    CHECK(found("4:cpu,memory:/a\n", "35 31 0:32 / /cg rw - cgroup none rw,cpu,memory\n") ==
          "/cg/a");
}

TEST_CASE("a mount of a part of the hierarchy, as in a container, is the way to what it shows")
{
    const std::string mounts =
        "35 31 0:32 /docker/a /sys/fs/cgroup/memory ro - cgroup c rw,memory\n";
    CHECK(found("4:memory:/docker/a\n", mounts) == "/sys/fs/cgroup/memory");
    CHECK(found("4:memory:/docker/a/b\n", mounts) == "/sys/fs/cgroup/memory/b");
    CHECK_FALSE(found("4:memory:/docker/ab\n", mounts));
    CHECK_FALSE(found("4:memory:/elsewhere\n", mounts));
    CHECK_FALSE(found("4:memory:/../outside\n", "35 31 0:32 / /cg rw - cgroup none rw,memory\n"));
}

TEST_CASE("blanks in the name of a mount point are understood, and the last mount hides the first")
{
    CHECK(found("4:memory:/a\n",
                "35 31 0:32 / /x rw - cgroup none rw,memory\n"
                "36 31 0:32 / /my\\040cg\\134 rw - cgroup none rw,memory\n") == "/my cg\\/a");
}

TEST_CASE("there may be no memory cgroup")
{
    CHECK_FALSE(found("", ""));
    CHECK_FALSE(found("4:memory:/a\n", ""));
    CHECK_FALSE(found("4:memory:/a (deleted)\n", "35 31 0:32 / /cg rw - cgroup none rw,memory\n"));
    CHECK_THROWS_AS(static_cast<void>(found("4:memory:/a\n", "35 31\n")), parse_error);
}

TEST_CASE("in version 2 the nearest cgroup with the controller counts the memory")
{
    const fake_cgroups fake{"cgroup2", "/user/app"};
    const auto directory = [&]() -> std::optional<std::string> {
        const auto place = find_memory_cgroup(this_process, fake.proc().root());
        if (place) CHECK(place->version() == cgroup_version::v2);
        return place ? std::optional{place->directory()} : std::nullopt;
    };
    CHECK_FALSE(directory()); // a hierarchy without it, as where version 1 has it
    fake.write("/", "cgroup.controllers", "cpu memory\n");
    fake.write("/user", "cgroup.controllers", "hugetlb memory_not\n");
    CHECK(directory() == fake.directory("/"));
    fake.write("/user/app", "cgroup.controllers", "memory\n");
    CHECK(directory() == fake.directory("/user/app"));
}

TEST_CASE("version 2: limits, use and events")
{
    const fake_cgroups fake{"cgroup2", "/a"};
    const memory_cgroup cgroup{cgroup_version::v2, fake.directory("/a"), fake.mount_point()};
    CHECK_FALSE(cgroup.limit());
    CHECK_FALSE(cgroup.oom_kills());
    fake.write("/a", "memory.max", "max\n");
    CHECK_FALSE(cgroup.limit());
    fake.write("/a", "memory.max", "67108864\n");
    fake.write("/a", "memory.swap.max", "0\n");
    fake.write("/a", "memory.current", "4096\n");
    fake.write("/a", "memory.peak", "8192\n");
    fake.write("/a", "memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n");
    CHECK(cgroup.limit() == 64_MiB);
    CHECK(cgroup.swap_limit() == 0_B);
    CHECK(cgroup.usage() == 4_KiB);
    CHECK(cgroup.peak() == 8_KiB);
    CHECK(cgroup.limit_hits() == 2);
    CHECK(cgroup.oom_kills() == 4);
    REQUIRE(cgroup.parent());
    CHECK(cgroup.parent()->directory() == fake.mount_point());
    CHECK_FALSE(cgroup.parent()->parent());
}

TEST_CASE("version 1: limits, use and events")
{
    const fake_cgroups fake{"cgroup", "/a"};
    const memory_cgroup cgroup{cgroup_version::v1, fake.directory("/a"), fake.mount_point()};
    const std::string no_limit = std::to_string((heaplings::bytes{INT64_MAX} /
                                                 heaplings::page_size() * heaplings::page_size())
                                                    .count()) +
                                 "\n";
    fake.write("/a", "memory.limit_in_bytes", no_limit);
    fake.write("/a", "memory.memsw.limit_in_bytes", no_limit);
    CHECK_FALSE(cgroup.limit());
    CHECK_FALSE(cgroup.swap_limit());
    fake.write("/a", "memory.limit_in_bytes", "67108864\n");
    CHECK(cgroup.limit() == 64_MiB);
    CHECK_FALSE(cgroup.swap_limit());
    fake.write("/a", "memory.memsw.limit_in_bytes", "71303168\n");
    CHECK(cgroup.swap_limit() == 4_MiB);
    fake.write("/a", "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
    CHECK(cgroup.oom_kills() == 2);
    CHECK_FALSE(cgroup.limit_hits());
}

TEST_CASE("malformed control files are errors")
{
    const fake_cgroups fake{"cgroup2", "/a"};
    const memory_cgroup cgroup{cgroup_version::v2, fake.directory("/a"), fake.mount_point()};
    for (const std::string_view text : {"", "12", "x\n", "-1\n", "1 2\n"}) {
        CAPTURE(text);
        fake.write("/a", "memory.max", text);
        CHECK_THROWS_AS(static_cast<void>(cgroup.limit()), parse_error);
    }
    fake.write("/a", "memory.events", "oom_kill many\n");
    CHECK_THROWS_AS(static_cast<void>(cgroup.oom_kills()), parse_error);
    fake.write("/a", "cgroup.procs", "12\nx\n");
    CHECK_THROWS_AS(static_cast<void>(processes(cgroup)), parse_error);
}

TEST_CASE("the processes of a cgroup are those below it, too")
{
    const fake_cgroups fake{"cgroup2", "/a"};
    fake.write("/a", "cgroup.procs", "5\n7\n");
    fake.write("/a/b/c", "cgroup.procs", "6\n0\n");
    fake.write("/other", "cgroup.procs", "9\n");
    const memory_cgroup cgroup{cgroup_version::v2, fake.directory("/a"), fake.mount_point()};
    CHECK(processes(cgroup) == std::vector<pid_t>{0, 5, 6, 7});
}

TEST_CASE("this process is in its own memory cgroup")
{
    const auto cgroup = find_memory_cgroup();
    if (!cgroup) {
        MESSAGE("skipped: there is none");
        return;
    }
    const auto pids = processes(*cgroup);
    CHECK(std::find(pids.begin(), pids.end(), getpid()) != pids.end());
    CHECK(cgroup->usage().value_or(1_B) > 0_B);
}

TEST_SUITE_END();
