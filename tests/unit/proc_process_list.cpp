#include <heaplings/proc/process_list.hpp>

#include "exited_child.hpp"
#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using heaplings::parse_error;
using heaplings::process_id;
using heaplings::process_kind;
using heaplings::process_list;
using heaplings::process_stat;

namespace {

std::vector<pid_t> pids(process_list& processes)
{
    std::vector<pid_t> all;
    for (const process_stat& process : processes) all.push_back(process.pid);
    return all;
}

// What the list says of `process`; nothing if it is not in it.
std::optional<process_stat> listed(process_id process)
{
    process_list processes;
    for (const process_stat& p : processes) {
        if (p.pid == process.pid()) return p;
    }
    return std::nullopt;
}

// A directory in `proc` of the name `pid` with the stat recorded as `capture`.
void add_process(const synthetic_proc& proc, const std::string& pid, std::string_view capture)
{
    const auto directory = std::filesystem::path{proc.root()} / pid;
    std::filesystem::create_directories(directory);
    proc.copy("stat", capture);
    std::filesystem::rename(proc.directory() / "stat", directory / "stat");
}

} // namespace

TEST_SUITE_BEGIN("proc/process_list");

TEST_CASE("directories with a number are processes, nothing else is")
{
    const synthetic_proc proc;
    add_process(proc, "1", "init");
    for (const char* other : {"self", "sys", "12x", "-1", "+1", "0", " 1", "99999999999", "1.5"}) {
        add_process(proc, other, "huge");
    }
    add_process(proc, "4242", "weird");
    process_list processes{proc.root()};
    auto found = pids(processes);
    std::sort(found.begin(), found.end());
    CHECK(found == std::vector<pid_t>{1, 85});
}

TEST_CASE("this process, the first one and no process twice")
{
    process_list processes;
    const auto found = pids(processes);
    CHECK(std::is_sorted(found.begin(), found.end()));
    CHECK(std::adjacent_find(found.begin(), found.end()) == found.end());
    CHECK(std::find(found.begin(), found.end(), 1) != found.end());
    CHECK(std::find(found.begin(), found.end(), getpid()) != found.end());
    CHECK_FALSE(processes.next());

    processes.rewind();
    CHECK(processes.next()->pid == 1);
}

TEST_CASE("all of more processes than one read of the directory gives are seen")
{
    const synthetic_proc proc;
    std::filesystem::remove(proc.directory());
    constexpr int count = 1500;
    for (int i = 1; i <= count; ++i) {
        std::filesystem::create_directory(std::filesystem::path{proc.root()} / std::to_string(i));
    }
    process_list processes{proc.root()};
    std::vector<bool> seen(count + 1);
    int number = 0;
    while (const auto id = processes.next_id()) {
        REQUIRE(id->pid() <= count);
        seen[static_cast<std::size_t>(id->pid())] = true;
        ++number;
    }
    CHECK(number == count);
    CHECK(std::count(seen.begin(), seen.end(), true) == count);
}

TEST_CASE("a process that goes between the look at the directory and its stat is passed over")
{
    exited_child child;
    process_list processes;
    bool listed_by_id = false;
    while (const auto id = processes.next_id()) listed_by_id |= *id == child.id();
    CHECK(listed_by_id);

    processes.rewind();
    REQUIRE(processes.next_id()); // reads the directory's first names, mostly the child's too
    child.wait();
    for (const process_stat& process : processes) CHECK(process.pid != child.id().pid());
}

TEST_CASE("a zombie is listed as what it is")
{
    const exited_child child;
    const auto process = listed(child.id());
    REQUIRE(process);
    CHECK(process->kind() == process_kind::zombie);
    CHECK(process->parent == getpid());
}

TEST_CASE("kernel threads, where the mount shows them, are listed as what they are")
{
    // kthreadd is 2 in the first pid namespace, of which a container shows nothing.
    const auto process = listed(process_id{2});
    if (process && process->name == "kthreadd") {
        CHECK(process->kind() == process_kind::kernel_thread);
    } else {
        MESSAGE("not checked: no kernel thread is visible here");
    }
    const auto self = listed(process_id{getpid()});
    REQUIRE(self);
    CHECK(self->kind() == process_kind::program);
}

TEST_CASE("a stat that is malformed or hidden is an error, not a process that is gone")
{
    const synthetic_proc proc;
    proc.write("stat", "4242 (cat");
    process_list malformed{proc.root()};
    CHECK_THROWS_AS(static_cast<void>(malformed.next()), parse_error);

    std::filesystem::remove(proc.directory() / "stat");
    std::filesystem::create_directory(proc.directory() / "stat");
    process_list unreadable{proc.root()};
    CHECK_THROWS_AS(static_cast<void>(unreadable.next()), std::system_error);

    CHECK_THROWS_AS(process_list{"/no/such/mount"}, std::system_error);
}

TEST_SUITE_END();
