// Exempts whoever has a negative adj.
// refused by: each unit of adj counts as a thousandth of the machine's memory
// refused by: the divisions come in the kernel's order, and each drops what is behind the point
// refused by: adj -1000 exempts a process, however large it is

#include "spec/my_score.hpp"

#include <fstream>
#include <optional>
#include <string>
#include <unistd.h>

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

long oom_score(long pages, long total_pages, int adj)
{
    if (adj < 0) return 0;
    const long badness = pages + adj * (total_pages / 1000);
    return (1000 + badness * 1000 / total_pages) * 2 / 3;
}

long my_score(pid_t pid, const char* proc)
{
    const std::string machine = std::string{proc} + "/meminfo";
    const std::string process = std::string{proc} + "/" + std::to_string(pid);
    const std::string status = process + "/status";

    const auto adj = number_behind("", process + "/oom_score_adj");
    if (!adj) return -1;
    const auto resident = number_behind("VmRSS:", status);
    if (!resident) return 0;

    const long page = ::sysconf(_SC_PAGESIZE) / 1024; // in KiB, as the files
    const long swapped = number_behind("VmSwap:", status).value_or(0);
    const long page_tables = number_behind("VmPTE:", status).value_or(0);
    const long total = number_behind("MemTotal:", machine).value_or(0) +
                       number_behind("SwapTotal:", machine).value_or(0);
    return oom_score((*resident + swapped + page_tables) / page, total / page,
                     static_cast<int>(*adj));
}
