// What the kernel log tells of the OOM killer, for specs that run in the disposable kernel.
#pragma once

#include <heaplings/kernel_log/oom_report.hpp>

#include <cstddef>
#include <vector>

namespace support {

struct kernel_kills
{
    std::vector<heaplings::oom_victim> victims;
    std::size_t fruitless = 0; // how many times the kernel found nobody to kill
};

// All since the kernel started. Throws std::system_error if its log may not be read.
[[nodiscard]] kernel_kills kills_in_kernel_log();

} // namespace support
