// The kernel log: what it says of the OOM killer, as values, from any text form of kernels 2.6.32
// to 6.x, and the log of this machine where one may read it.
//
//     for (const oom_report& report : read_oom_reports(read_kernel_log()).reports) {
//         std::cout << report << '\n';
//     }
#pragma once

#include <heaplings/kernel_log/live.hpp>
#include <heaplings/kernel_log/oom_report.hpp>
#include <heaplings/kernel_log/print.hpp>
#include <heaplings/kernel_log/read_oom_reports.hpp>
