// Where a spec runs: on the learner's machine, or in the disposable kernel.
#pragma once

#include <unistd.h>

namespace support {

// Whether this process runs in the disposable kernel: no other than User-Mode Linux has this file.
[[nodiscard]] inline bool in_disposable_kernel()
{
    return ::access("/proc/exitcode", F_OK) == 0;
}

} // namespace support
