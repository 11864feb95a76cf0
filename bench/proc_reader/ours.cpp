#include "readings.hpp"

#include <heaplings/proc_reader.hpp>

#include <benchmark/benchmark.h>

#include <memory>

namespace bench {
namespace {

using namespace heaplings;

template <auto Read>
void of_self()
{
    benchmark::DoNotOptimize(Read(this_process, "/proc"));
}

template <auto Read>
void of_system()
{
    benchmark::DoNotOptimize(Read("/proc"));
}

template <typename File>
void read_all(File&& file)
{
    for (const auto& record : file) benchmark::DoNotOptimize(record);
}

template <typename File>
[[nodiscard]] std::function<void()> all_of(process_id process)
{
    return [process] { read_all(File{process}); };
}

void read_all_processes()
{
    process_list processes;
    while (const auto process = processes.next()) {
        benchmark::DoNotOptimize(*process);
        benchmark::DoNotOptimize(read_oom_score(process_id{process->pid}));
    }
}

template <typename File>
[[nodiscard]] std::function<void()> kept()
{
    return [file = std::make_shared<File>()] { benchmark::DoNotOptimize(file->read()); };
}

} // namespace

std::vector<reading> ours(const subjects& s)
{
    const process_id child{s.many_mappings};
    const std::uintptr_t address = s.middle_address;
    const auto maps = std::make_shared<maps_file>(child);
    const auto pagemap = std::make_shared<pagemap_file>(child);
    std::vector<reading> all{
        {"stat", "ours", of_self<read_stat>},
        {"stat", "kept", kept<stat_file>()},
        {"statm", "kept", kept<statm_file>()},
        {"status", "kept", kept<status_file>()},
        {"smaps_rollup", "kept", kept<smaps_rollup_file>()},
        {"meminfo", "kept", kept<meminfo_file>()},
        {"statm", "ours", of_self<read_statm>},
        {"status", "ours", of_self<read_status>},
        {"smaps_rollup", "ours", of_self<read_smaps_rollup>},
        {"limits", "ours", of_self<read_limits>},
        {"io", "ours", of_self<read_io>},
        {"cgroup", "ours", all_of<cgroup_file>(this_process)},
        {"oom_score", "ours", of_self<read_oom_score>},
        {"oom_score_adj", "ours", of_self<read_oom_score_adj>},
        {"pagemap", "ours", [=] { benchmark::DoNotOptimize(pagemap_file{child}.at(address)); }},
        {"pagemap", "kept", [=] { benchmark::DoNotOptimize(pagemap->at(address)); }},
        {"meminfo", "ours", of_system<read_meminfo>},
        {"vmstat", "ours", of_system<read_vmstat>},
        {"overcommit", "ours", of_system<read_overcommit>},
        {"maps_2000", "ours", all_of<maps_file>(child)},
        {"maps_2000", "kept",
         [=] {
             maps->rewind();
             read_all(*maps);
         }},
        {"maps_one_address", "ours",
         [=] { benchmark::DoNotOptimize(maps_file{child}.find(address)); }},
        {"smaps_2000", "ours", all_of<smaps_file>(child)},
        {"all_processes", "ours", read_all_processes},
    };
    if (read_memory_pressure())
        all.push_back({"pressure", "ours", of_system<read_memory_pressure>});
    return all;
}

} // namespace bench
