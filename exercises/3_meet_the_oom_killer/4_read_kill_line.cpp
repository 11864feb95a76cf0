// "It just died", says the ticket. No message, no core file, an empty line at the end of its log. A
// process that gets SIGKILL cannot say good-bye, but the kernel keeps a diary: dmesg or
// journalctl -k shows it, and tells of each OOM kill who died and what it had in memory.
//
//     [ 1234.500039] Out of memory: Killed process 1711 (chrome) total-vm:460800kB,
//         anon-rss:440000kB, file-rss:172kB, shmem-rss:40kB, UID:1000 pgtables:928kB [...]
//
// If it is a memory control group that has no more, and not the machine, the line begins with
// "Memory cgroup out of memory:". A cgroup is a group of processes with a limit of its own, as each
// container has one; then only its processes are candidates.
//
// TODO: make read_kill find the last victim in a kernel log. This first attempt finds the first,
// and does not look for its memory. The lines of older kernels differ a little: see the promise in
// spec/read_kill_line.hpp.
//
// Read: man 1 dmesg, man 5 proc (oom_dump_tasks)

#include "spec/read_kill_line.hpp"

#include <cstdlib>

std::optional<kill_report> read_kill(std::string_view log)
{
    constexpr std::string_view mark = "Out of memory: Killed process ";
    const std::size_t at = log.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string rest{log.substr(at + mark.size())};

    kill_report report{};
    report.pid = std::atoi(rest.c_str());
    const std::size_t open = rest.find('(');
    report.name = rest.substr(open + 1, rest.find(')') - open - 1);
    return report;
}
