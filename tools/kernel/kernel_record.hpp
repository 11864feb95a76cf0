// What is known of a run, in memory that launcher, supervisor and the kernel's process before exec
// share: so it survives whichever of them ends first.
#pragma once

#include "free_samples.hpp"
#include "kernel_run.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <sys/types.h>

namespace heaplings::tools {

// Why no kernel could be started, in what has a remedy of its own.
enum class kernel_obstacle { none, other, no_program, no_place, no_landlock, no_personality };

struct kernel_record
{
    bool finished = false; // the supervisor came to its end
    pid_t kernel = 0;      // while there may be processes of its
    kernel_ending ending = kernel_ending::stopped;
    bool ready = false; // guest init was reached
    int status = 0;
    int error = 0; // errno
    kernel_obstacle obstacle = kernel_obstacle::none;
    char failed[4200] = {}; // what failed before the kernel ran
    std::chrono::milliseconds took{};
    std::array<std::int32_t, free_samples::most> free_kib = {}; // until the last OOM kill
    std::size_t free_size = 0;
    char log_end[16 * 1024] = {}; // the last that the kernel printed: a panic and its stack fit in
    std::size_t log_size = 0;

    void fail(kernel_obstacle why, int number, std::string_view what) noexcept
    {
        if (obstacle != kernel_obstacle::none) return; // the first says more
        obstacle = why;
        error = number;
        what.copy(failed, sizeof failed - 1);
    }
};

} // namespace heaplings::tools
