// How kernels have turned pages and oom_score_adj into a score.
#pragma once

#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/oom_score_adj.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace heaplings {

// By the version of Linux. All compare the same sum of pages; they differ in what it is at least
// and in what /proc/<pid>/oom_score shows of it.
enum class oom_formula {
    before_4_17, // since 3.14: a process with CAP_SYS_ADMIN is let off 3 % of its pages
    before_5_9,
    since_5_9, // the badness may be negative, the score of an idle process is 666
};

// What the kernel takes into account of a process and its machine.
struct oom_size
{
    std::int64_t pages;         // in RAM, in swap and of page tables
    std::int64_t total_pages;   // RAM and swap, or what a cgroup may have of them; positive
    bool administrator = false; // has CAP_SYS_ADMIN
};

// The badness of a process, by which the OOM killer compares: the pages that killing it would free,
// and for each unit of `adj`, oom_score_adj, a thousandth of all pages more. The thousandth is
// rounded down before it is multiplied. If a negative `adj` outweighs the pages the badness is
// negative, before Linux 5.9 it is 1.
[[nodiscard]] constexpr std::int64_t
oom_badness(const oom_size& size, int adj, oom_formula formula = oom_formula::since_5_9) noexcept
{
    std::int64_t badness = size.pages;
    if (formula == oom_formula::before_4_17 && size.administrator) badness -= badness * 3 / 100;
    badness += adj * (size.total_pages / 1000);
    return formula == oom_formula::since_5_9 ? badness : std::max<std::int64_t>(1, badness);
}

// What /proc/<pid>/oom_score shows for that badness. Since Linux 5.9 it is 0 to 1333: 666 is a
// process without pages and with `adj` 0. Before, it is thousandths of all pages, 0 to about 2000.
// A process at the minimum of `adj` scores 0.
[[nodiscard]] constexpr int oom_score(const oom_size& size, int adj,
                                      oom_formula formula = oom_formula::since_5_9) noexcept
{
    if (adj == oom_score_adj_min) return 0;
    const std::int64_t thousandths = oom_badness(size, adj, formula) * 1000 / size.total_pages;
    if (formula != oom_formula::since_5_9) return static_cast<int>(thousandths);
    return static_cast<int>((1000 + thousandths) * 2 / 3);
}

// The formula of this kernel, by `<proc>/sys/kernel/osrelease`; that of today if there is no such
// file. Throws std::system_error, parse_error.
[[nodiscard]] inline oom_formula read_oom_formula(std::string_view proc = "/proc")
{
    detail::proc_file file{"sys/kernel/osrelease", proc};
    char buffer[128];
    const auto text = detail::read_small(file, buffer);
    if (!text) return oom_formula::since_5_9;
    detail::fields line{file.path(), 1, *text};
    const auto major = line.number<unsigned>();
    line.expect('.');
    const auto minor = line.number<unsigned>();
    if (major < 4 || (major == 4 && minor < 17)) return oom_formula::before_4_17;
    return major < 5 || (major == 5 && minor < 9) ? oom_formula::before_5_9
                                                  : oom_formula::since_5_9;
}

} // namespace heaplings
