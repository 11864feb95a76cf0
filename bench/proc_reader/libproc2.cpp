#include "readings.hpp"

#include <benchmark/benchmark.h>

#include <libproc2/meminfo.h>
#include <libproc2/pids.h>
#include <libproc2/vmstat.h>

#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace bench {
namespace {

// Ends the program if `result` says that a call failed.
void require(int result)
{
    if (result < 0) std::exit((std::fputs("libproc2 failed\n", stderr), EXIT_FAILURE));
}
template <typename Result>
void require(Result* result)
{
    require(result != nullptr ? 0 : -1);
    benchmark::DoNotOptimize(result);
}

// The fields `items` of processes. Which files libproc2 reads follows from them.
[[nodiscard]] std::shared_ptr<pids_info> processes(std::vector<pids_item> items)
{
    pids_info* info = nullptr;
    require(procps_pids_new(&info, items.data(), static_cast<int>(items.size())));
    return {info, [](pids_info* i) { procps_pids_unref(&i); }};
}

[[nodiscard]] std::function<void()> of_self(std::vector<pids_item> items)
{
    return [info = processes(std::move(items))] {
        auto pid = static_cast<unsigned>(::getpid());
        require(procps_pids_select(info.get(), &pid, 1, PIDS_SELECT_PID));
    };
}

const std::vector stat_items{PIDS_ID_PID,
                             PIDS_CMD,
                             PIDS_STATE,
                             PIDS_ID_PPID,
                             PIDS_ID_PGRP,
                             PIDS_ID_SESSION,
                             PIDS_FLAGS,
                             PIDS_FLT_MIN,
                             PIDS_FLT_MIN_C,
                             PIDS_FLT_MAJ,
                             PIDS_FLT_MAJ_C,
                             PIDS_TICS_USER,
                             PIDS_TICS_USER_C,
                             PIDS_TICS_SYSTEM,
                             PIDS_TICS_SYSTEM_C,
                             PIDS_PRIORITY,
                             PIDS_NICE,
                             PIDS_NLWP,
                             PIDS_TICS_BEGAN,
                             PIDS_RSS_RLIM,
                             PIDS_ADDR_CODE_START,
                             PIDS_ADDR_CODE_END,
                             PIDS_ADDR_STACK_START};

[[nodiscard]] std::function<void()> meminfo()
{
    meminfo_info* info = nullptr;
    require(procps_meminfo_new(&info));
    const std::shared_ptr<meminfo_info> kept{info,
                                             [](meminfo_info* i) { procps_meminfo_unref(&i); }};
    return [kept] {
        meminfo_item items[]{MEMINFO_MEM_TOTAL,   MEMINFO_MEM_FREE,   MEMINFO_MEM_AVAILABLE,
                             MEMINFO_MEM_BUFFERS, MEMINFO_MEM_CACHED, MEMINFO_SWAP_TOTAL,
                             MEMINFO_SWAP_FREE,   MEMINFO_MEM_DIRTY,  MEMINFO_MEM_SHARED};
        require(procps_meminfo_select(kept.get(), items, std::size(items)));
    };
}

[[nodiscard]] std::function<void()> vmstat()
{
    vmstat_info* info = nullptr;
    require(procps_vmstat_new(&info));
    const std::shared_ptr<vmstat_info> kept{info, [](vmstat_info* i) { procps_vmstat_unref(&i); }};
    return [kept] {
        vmstat_item items[]{VMSTAT_NR_FREE_PAGES, VMSTAT_PGFAULT, VMSTAT_PGMAJFAULT, VMSTAT_PSWPIN,
                            VMSTAT_PSWPOUT};
        require(procps_vmstat_select(kept.get(), items, std::size(items)));
    };
}

} // namespace

std::vector<reading> libproc2()
{
    std::vector with_oom_score = stat_items;
    with_oom_score.push_back(PIDS_OOM_SCORE);
    const auto every = [info = processes(with_oom_score)] {
        require(procps_pids_reap(info.get(), PIDS_FETCH_TASKS_ONLY));
    };
    return {
        {"stat", "libproc2", of_self(stat_items)},
        {"statm", "libproc2",
         of_self({PIDS_MEM_VIRT, PIDS_MEM_RES, PIDS_MEM_SHR, PIDS_MEM_CODE, PIDS_MEM_DATA})},
        {"status", "libproc2",
         of_self({PIDS_VM_SIZE, PIDS_VM_RSS, PIDS_VM_RSS_ANON, PIDS_VM_RSS_FILE, PIDS_VM_RSS_SHARED,
                  PIDS_VM_DATA, PIDS_VM_STACK, PIDS_VM_EXE, PIDS_VM_LIB, PIDS_VM_SWAP, PIDS_ID_EUID,
                  PIDS_ID_EGID})},
        {"smaps_rollup", "libproc2",
         of_self({PIDS_SMAP_RSS, PIDS_SMAP_PSS, PIDS_SMAP_PRV_CLEAN, PIDS_SMAP_PRV_DIRTY,
                  PIDS_SMAP_SHR_CLEAN, PIDS_SMAP_SHR_DIRTY, PIDS_SMAP_SWAP})},
        {"io", "libproc2",
         of_self({PIDS_IO_READ_BYTES, PIDS_IO_WRITE_BYTES, PIDS_IO_READ_CHARS, PIDS_IO_WRITE_CHARS,
                  PIDS_IO_READ_OPS, PIDS_IO_WRITE_OPS})},
        {"cgroup", "libproc2", of_self({PIDS_CGROUP})},
        {"oom_score", "libproc2", of_self({PIDS_OOM_SCORE})},
        {"oom_score_adj", "libproc2", of_self({PIDS_OOM_ADJ})},
        {"meminfo", "libproc2", meminfo()},
        {"vmstat", "libproc2", vmstat()},
        {"all_processes", "libproc2", every},
    };
}

} // namespace bench
