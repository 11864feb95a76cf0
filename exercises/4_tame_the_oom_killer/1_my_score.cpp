// At 03:12 a machine runs out of memory. Everything that could be freed is freed, a page is needed
// now, and there is none. So the kernel kills a process. It killed the database, and in the morning
// everybody asks: why that one?
//
// The kernel's answer is a number. It rates each process by what killing it would give back, and
// anybody can read the rating beforehand, in /proc/<pid>/oom_score. The administrator may add to it
// or take from it, in /proc/<pid>/oom_score_adj: from -1000 to 1000, each unit a thousandth of the
// machine's memory. No other wisdom is in it: not how long the process ran, nor who needs it.
//
// TODO: make oom_score work out the number as spec/my_score.hpp says, then make my_score collect
// what it needs for a real process. So far the one believes that adj is all, and the other takes
// KiB for pages and forgets half of them. number_behind reads the files for you.
//
// Read: man 5 proc_pid_oom_score (or man 5 proc), man 5 proc_pid_status (VmRSS), man 3 sysconf

#include "spec/my_score.hpp"

#include <fstream>
#include <optional>
#include <string>

namespace {

// The number behind `key` in a file such as
//     VmRSS:      1234 kB
// or its first number if `key` is empty; nothing if there is no such file or key.
std::optional<long> number_behind(const std::string& key, const std::string& file)
{
    std::ifstream in{file};
    std::string word;
    while (!key.empty() && in >> word && word != key) continue;
    long number = 0;
    if (in >> number) return number;
    return std::nullopt;
}

} // namespace

long oom_score(long, long, int adj)
{
    return adj;
}

long my_score(pid_t pid, const char* proc)
{
    const std::string status = std::string{proc} + "/" + std::to_string(pid) + "/status";
    const long pages = number_behind("VmRSS:", status).value_or(0);
    const long total = number_behind("MemTotal:", std::string{proc} + "/meminfo").value_or(1);
    return oom_score(pages, total, 0);
}
