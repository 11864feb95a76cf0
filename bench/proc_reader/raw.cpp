#include "readings.hpp"

#include <heaplings/proc/detail/mapping_query.hpp>

#include <benchmark/benchmark.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cctype>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace bench {
namespace {

// Ends the program if `path` can't be opened: it was there before.
[[nodiscard]] int open_or_exit(const char* path, int directory = AT_FDCWD)
{
    const int descriptor = ::openat(directory, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) std::exit((std::perror(path), EXIT_FAILURE));
    return descriptor;
}

// A buffer of the size that the kernel writes at a time at most, given that it asks for no more.
struct text
{
    char buffer[4096];
};

void read_once(int descriptor, off_t offset = 0, std::size_t size = sizeof(text))
{
    text t; // NOLINT(cppcoreguidelines-pro-type-member-init): to clear it would be work
    benchmark::DoNotOptimize(::pread(descriptor, t.buffer, size, offset));
    benchmark::DoNotOptimize(t);
}

void read_to_end(int descriptor)
{
    text t; // NOLINT(cppcoreguidelines-pro-type-member-init)
    off_t offset = 0;
    for (ssize_t size = 1; size > 0; offset += size) {
        size = ::pread(descriptor, t.buffer, sizeof t.buffer, offset);
        benchmark::DoNotOptimize(t);
    }
}

template <typename Read>
[[nodiscard]] std::function<void()> opened_each_time(std::string path, Read read)
{
    return [path = std::move(path), read] {
        const int descriptor = open_or_exit(path.c_str());
        read(descriptor);
        ::close(descriptor);
    };
}

template <typename Read>
[[nodiscard]] std::function<void()> kept_open(const std::string& path, Read read)
{
    const std::shared_ptr<int> descriptor{new int{open_or_exit(path.c_str())}, [](int* d) {
                                              ::close(*d);
                                              delete d;
                                          }};
    return [descriptor, read] { read(*descriptor); };
}

// With the mapping's name, as long as a path may be. Where the kernel is older than 6.11 this is an
// error and no limit.
void ask_for(int descriptor, std::uintptr_t address)
{
    char name[PATH_MAX];
    heaplings::detail::mapping_query query;
    query.address = address;
    query.name = reinterpret_cast<std::uintptr_t>(name);
    query.name_size = sizeof name;
    benchmark::DoNotOptimize(
        ::ioctl(descriptor, _IOWR('f', 17, heaplings::detail::mapping_query), &query));
}

// stat and oom_score of each process, relative to /proc, which saves a part of the path.
void read_all_processes()
{
    const int proc = open_or_exit("/proc");
    alignas(dirent64) char entries[8192];
    for (ssize_t size = 1; size > 0;) {
        size = ::getdents64(proc, entries, sizeof entries);
        for (ssize_t at = 0; at < size;) {
            const auto* const entry = reinterpret_cast<const dirent64*>(entries + at);
            at += entry->d_reclen;
            if (!std::isdigit(static_cast<unsigned char>(entry->d_name[0]))) continue;
            for (const char* file : {"/stat", "/oom_score"}) {
                char path[64];
                ::strcpy(::stpcpy(path, entry->d_name), file);
                const int descriptor = ::openat(proc, path, O_RDONLY | O_CLOEXEC);
                if (descriptor < 0) continue; // gone meanwhile
                read_once(descriptor);
                ::close(descriptor);
            }
        }
    }
    ::close(proc);
}

} // namespace

std::vector<reading> raw(const subjects& s)
{
    const auto once = [](int descriptor) { read_once(descriptor); };
    const std::string child = "/proc/" + std::to_string(s.many_mappings);
    std::vector<reading> all;
    for (const std::string file : {"stat", "statm", "status", "smaps_rollup", "limits", "io",
                                   "cgroup", "oom_score", "oom_score_adj"}) {
        all.push_back({file, "raw", opened_each_time("/proc/self/" + file, once)});
    }
    for (const std::string file : {"stat", "statm", "status", "smaps_rollup"}) {
        all.push_back({file, "raw_kept", kept_open("/proc/self/" + file, once)});
    }
    const auto page = static_cast<off_t>(s.middle_address / 4096 * 8);
    const auto entry = [page](int descriptor) { read_once(descriptor, page, 8); };
    all.push_back({"pagemap", "raw", opened_each_time(child + "/pagemap", entry)});
    all.push_back({"pagemap", "raw_kept", kept_open(child + "/pagemap", entry)});
    all.push_back({"meminfo", "raw", opened_each_time("/proc/meminfo", once)});
    all.push_back({"meminfo", "raw_kept", kept_open("/proc/meminfo", once)});
    all.push_back({"vmstat", "raw", opened_each_time("/proc/vmstat", read_to_end)});
    if (::access("/proc/pressure/memory", R_OK) == 0)
        all.push_back({"pressure", "raw", opened_each_time("/proc/pressure/memory", once)});
    all.push_back({"overcommit", "raw", [once] {
                       for (const char* name : {"memory", "ratio", "kbytes"}) {
                           char path[64] = "/proc/sys/vm/overcommit_";
                           opened_each_time(::strcat(path, name), once)();
                       }
                   }});
    all.push_back({"maps_2000", "raw", opened_each_time(child + "/maps", read_to_end)});
    all.push_back({"maps_2000", "raw_kept", kept_open(child + "/maps", read_to_end)});
    all.push_back({"smaps_2000", "raw", opened_each_time(child + "/smaps", read_to_end)});
    all.push_back({"maps_one_address", "raw",
                   opened_each_time(child + "/maps", [address = s.middle_address](int descriptor) {
                       ask_for(descriptor, address);
                   })});
    all.push_back({"all_processes", "raw", read_all_processes});
    return all;
}

} // namespace bench
