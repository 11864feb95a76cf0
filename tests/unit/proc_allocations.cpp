// How many blocks the readers of /proc take from the heap: none. Run alone it prints the table.
#include <heaplings/leak_counter.hpp>
#include <heaplings/proc_reader.hpp>

#include "exited_child.hpp"
#include "proc_readers.hpp"
#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

using namespace heaplings;

namespace {

const reader readers_of_the_system[]{
    {"meminfo", [](process_id) -> int { return read_meminfo().total > bytes{0}; }},
    {"meminfo, kept open",
     [](process_id) -> int { return meminfo_file{}.read().total > bytes{0}; }},
    {"vmstat", [](process_id) -> int { return read_vmstat().has_value(); }, false},
    {"pressure/memory", [](process_id) -> int { return read_memory_pressure().has_value(); },
     false},
    {"sys/vm/overcommit_*", [](process_id) -> int { return read_overcommit().has_value(); }},
    {"all processes with stat", [](process_id) { return all(process_list{}); }},
};

// What this thread allocates in a call, freed at once or not.
template <typename Call>
std::int64_t allocations(Call call)
{
    const leak_scope scope{scope_extent::this_thread, hook::malloc};
    call();
    return scope.counts().allocations;
}

// Checks the first call of `r`, in which nothing has been set up yet, and prints its line.
void check_allocates_nothing(const reader& r, process_id process, bool finds_something)
{
    int records = 0;
    const auto blocks = allocations([&] { records = r.read(process); });
    std::printf("%-26s%8d%14lld\n", r.name, records, static_cast<long long>(blocks));
    INFO(std::string{r.name});
    CHECK(blocks == 0);
    if (r.always_there) CHECK((records > 0) == finds_something);
}

} // namespace

TEST_SUITE_BEGIN("proc/allocations");

TEST_CASE("no reader takes a block from the heap, whatever the number of records")
{
    std::printf("\n%-26s%8s%14s\n", "reader, this process", "records", "allocations");
    for (const reader& r : readers_of_processes) check_allocates_nothing(r, this_process, true);
    for (const reader& r : readers_of_the_system) check_allocates_nothing(r, this_process, true);
}

TEST_CASE("that a process is gone costs no block either")
{
    exited_child child;
    child.wait();
    std::printf("\n%-26s%8s%14s\n", "reader, process is gone", "records", "allocations");
    for (const reader& r : readers_of_processes) check_allocates_nothing(r, child.id(), false);
}

TEST_CASE("files of any length are read through buffers of fixed size")
{
    const synthetic_proc proc;
    proc.copy("status", "weird");
    std::ofstream status{proc.directory() / "status", std::ios::app};
    status << "More:\t" << std::string(460'000, '1') << '\n';
    status.close();
    std::string maps;
    std::string smaps;
    for (int i = 0; i < 10'000; ++i) {
        const std::string line = "1000-2000 rw-p 00000000 00:00 7 /" + std::string(99, 'x') + "\n";
        maps += line;
        smaps += line + "Rss: 4 kB\nShared_Clean: 0 kB\nShared_Dirty: 0 kB\n"
                        "Private_Clean: 0 kB\nPrivate_Dirty: 4 kB\nVmFlags: rd wr\n";
    }
    proc.write("maps", maps);
    proc.write("smaps", smaps);

    std::optional<heaplings::status> read;
    CHECK(allocations([&] { read = read_status(proc.process, proc.root()); }) == 0);
    CHECK(read);
    int mappings = 0;
    CHECK(allocations([&] { mappings = all(maps_file{proc.process, proc.root()}); }) == 0);
    CHECK(mappings == 10'000);
    CHECK(allocations([&] { mappings = all(smaps_file{proc.process, proc.root()}); }) == 0);
    CHECK(mappings == 10'000);
}

TEST_CASE("the count sees what others allocate")
{
    CHECK(allocations([] { std::ifstream{"/proc/self/statm"}.get(); }) > 0);
    CHECK(allocations([] { std::filesystem::directory_iterator{"/proc"}; }) > 0);
}

TEST_SUITE_END();
