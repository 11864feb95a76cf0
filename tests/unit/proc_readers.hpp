// All readers of the files of a process, for what is true of each.
#pragma once

#include <heaplings/proc_reader.hpp>

#include <cstdint>

struct reader
{
    const char* name;
    int (*read)(heaplings::process_id process); // the number of records; 0 if the process is gone
    bool always_there = true;                   // in each kernel
};

template <auto Read>
int one(heaplings::process_id process)
{
    return Read(process, "/proc").has_value();
}

template <typename File>
int all(File&& file)
{
    int records = 0;
    for ([[maybe_unused]] const auto& record : file) ++records;
    return records;
}

template <typename File>
int all_of(heaplings::process_id process)
{
    return all(File{process});
}

template <typename File>
int kept(heaplings::process_id process)
{
    File file{process};
    return file.read().has_value() && file.read().has_value();
}

inline const reader readers_of_processes[]{
    {"stat", one<heaplings::read_stat>},
    {"statm", one<heaplings::read_statm>},
    {"status", one<heaplings::read_status>},
    {"stat, kept open", kept<heaplings::stat_file>},
    {"statm, kept open", kept<heaplings::statm_file>},
    {"status, kept open", kept<heaplings::status_file>},
    {"smaps_rollup, kept open", kept<heaplings::smaps_rollup_file>},
    {"maps, all mappings", all_of<heaplings::maps_file>},
    {"maps, one address",
     [](heaplings::process_id p) -> int {
         return heaplings::maps_file{p}.find(reinterpret_cast<std::uintptr_t>(&p)).has_value();
     }},
    {"smaps, all mappings", all_of<heaplings::smaps_file>},
    {"smaps_rollup", one<heaplings::read_smaps_rollup>},
    {"limits", one<heaplings::read_limits>},
    {"io", one<heaplings::read_io>},
    {"pagemap, one page",
     [](heaplings::process_id p) -> int {
         return heaplings::pagemap_file{p}.at(reinterpret_cast<std::uintptr_t>(&p)).has_value();
     }},
    {"cgroup, all hierarchies", all_of<heaplings::cgroup_file>},
    {"oom_score", one<heaplings::read_oom_score>},
    {"oom_score_adj", one<heaplings::read_oom_score_adj>},
};
