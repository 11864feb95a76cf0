#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

struct kill_report
{
    pid_t pid;
    std::string name;  // up to 15 bytes of any kind: it may hold blanks and parentheses
    long anon_rss_kib; // resident and of no file when it was killed
    bool memcg;        // a memory cgroup was at its limit, not the machine
};

// The last kill of the OOM killer in a kernel log, of a kernel from 3.10 to 6.x; nothing if there
// is none. Each line begins with a time or the like, as dmesg, journalctl or syslog write it.
// From 5.1 on one line tells of the kill; {} is what differs:
//
//     {Out of memory}: Killed process {86} ({mem hog}) total-vm:{33992}kB, anon-rss:{32492}kB, ...
//     {Memory cgroup out of memory}: Killed process ...
//
// Before, there are two, of which the second counts: the process that was announced could be spared
// for a child of its.
//
//     {Memory cgroup out of memory}: Kill process {4711} ({java}) score {999} or sacrifice child
//     Killed process {4711} ({java}) total-vm:{...}kB, anon-rss:{...}kB, ...
//     Killed process {4711} ({java}), UID {1000}, total-vm:{...}kB, anon-rss:{...}kB, ...
//
// A line without anon-rss, cut off or written by somebody else, tells of no kill.
std::optional<kill_report> read_kill(std::string_view log);
