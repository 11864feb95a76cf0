// What the tests of limiters share that work on folders which look like cgroups.
#pragma once

#include "fake_cgroups.hpp"

#include <heaplings/memory_limit.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

inline constexpr std::string_view events =
    "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n";
inline constexpr std::string_view events_of_a_kill = "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\n";

// A v2 hierarchy in which /user/app may hand the memory controller down.
struct fake_v2 : fake_cgroups
{
    fake_v2() : fake_cgroups{"cgroup2", "/user/app"}
    {
        for (const std::string_view cgroup : {"/", "/user", "/user/app"}) {
            write(cgroup, "cgroup.controllers", "cpu memory pids\n");
            write(cgroup, "cgroup.subtree_control", "memory pids\n");
        }
        the_fake_cgroupfs().files = {{"memory.max", ""},
                                     {"memory.swap.max", ""},
                                     {"memory.events", std::string{events}},
                                     {"memory.peak", "1234\n"},
                                     {"cgroup.procs", ""}};
    }
};

// The folder of the only cgroup below `parent` that was made for a run.
inline std::filesystem::path new_cgroup(const fake_cgroups& fake, std::string_view parent)
{
    for (const auto& entry : std::filesystem::directory_iterator{fake.directory(parent)}) {
        if (entry.path().filename().native().starts_with("heaplings-")) return entry.path();
    }
    return {};
}

inline std::string reason_of_refusal(const heaplings::memory_limit& limit, const std::string& proc)
{
    try {
        static_cast<void>(heaplings::run_limited(
            limit, [] {}, proc));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "none";
}

inline bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}
