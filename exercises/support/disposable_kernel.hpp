// Where a spec runs: on the learner's machine, or in the disposable kernel, whose OOM killer it has
// to outlive.
#pragma once

#include <heaplings/oom_adjuster/adjustment.hpp>

#include <cerrno>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

namespace support {

// Whether this process runs in the disposable kernel: no other than User-Mode Linux has this file.
[[nodiscard]] inline bool in_disposable_kernel()
{
    return ::access("/proc/exitcode", F_OK) == 0;
}

// From now on the OOM killer leaves this process alone, and what it needs to go on is in memory
// already. Its children inherit the first.
inline void outlive_oom_killer()
{
    heaplings::write_oom_score_adj(heaplings::oom_score_adj_min);
    if (::mlockall(MCL_CURRENT) != 0) {
        throw std::system_error{errno, std::generic_category(), "mlockall"};
    }
}

} // namespace support
