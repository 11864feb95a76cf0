// All that the library reads of /proc; each file has a header of its own.
#pragma once

#include <heaplings/proc/cgroup.hpp>
#include <heaplings/proc/io.hpp>
#include <heaplings/proc/limits.hpp>
#include <heaplings/proc/maps.hpp>
#include <heaplings/proc/meminfo.hpp>
#include <heaplings/proc/oom_score.hpp>
#include <heaplings/proc/oom_score_adj.hpp>
#include <heaplings/proc/overcommit.hpp>
#include <heaplings/proc/pagemap.hpp>
#include <heaplings/proc/pressure.hpp>
#include <heaplings/proc/process_id.hpp>
#include <heaplings/proc/process_list.hpp>
#include <heaplings/proc/process_name.hpp>
#include <heaplings/proc/smaps.hpp>
#include <heaplings/proc/smaps_rollup.hpp>
#include <heaplings/proc/stat.hpp>
#include <heaplings/proc/statm.hpp>
#include <heaplings/proc/status.hpp>
#include <heaplings/proc/vmstat.hpp>
