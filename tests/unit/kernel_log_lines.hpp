// Lines of a report, to be put together.
#pragma once

#include <heaplings/kernel_log.hpp>

#include <string>
#include <vector>

inline constexpr heaplings::bytes page{4096};

inline heaplings::oom_log read_lines(const std::vector<std::string>& lines)
{
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return heaplings::read_oom_reports(text, page);
}

inline std::string invoked(const std::string& name)
{
    return name + " invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0";
}
inline const std::string table =
    "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name";
inline std::string row(const std::string& pid, const std::string& name)
{
    return "[" + pid + "] 0 " + pid + " 100 50 8192 0 0 " + name;
}
inline std::string summary(const std::string& pid, const std::string& name)
{
    return "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,"
           "global_oom,task_memcg=/,task=" +
           name + ",pid=" + pid + ",uid=0";
}
inline std::string killed(const std::string& pid, const std::string& name,
                          const std::string& reason = "Out of memory: ")
{
    return reason + "Killed process " + pid + " (" + name +
           ") total-vm:400kB, anon-rss:200kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB "
           "oom_score_adj:0";
}
