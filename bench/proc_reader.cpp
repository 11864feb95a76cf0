// What reading /proc costs beyond the kernel's part: each reader of the library beside open, pread
// and close of the same file into a buffer on the stack (raw), beside std::ifstream, and beside
// libproc2 where that is installed. At the end, the ratios of medians to raw, and what a call takes
// from the heap.
#include "median_reporter.hpp"

#include <heaplings/leak_counter/allocation_counter.hpp>
#include <heaplings/leak_counter/malloc_hooks.hpp>
#include <heaplings/proc_reader.hpp>

#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef BENCH_LIBPROC2
#include <libproc2/meminfo.h>
#include <libproc2/pids.h>
#include <libproc2/vmstat.h>
#endif

#include <algorithm>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using heaplings::process_id;

// Reads once, and returns something that can't be known before.
using reading = std::function<long()>;

// open, pread up to the end, close. The end takes a pread that returns 0 where files are longer
// than a page; the short ones are read in one go, as whoever knows them does.
enum class length { of_one_read, any };

// 0 if there is no such file: its process may have ended.
long read_raw(const std::string& path, length how_long)
{
    char buffer[32 * 1024];
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    long size = 0;
    ssize_t got = 0;
    do {
        got = pread(file, buffer, sizeof buffer, size);
        size += std::max<ssize_t>(got, 0);
        benchmark::ClobberMemory();
    } while (got > 0 && how_long == length::any);
    close(file);
    return size;
}

// open, the ioctl that finds the mapping of one address, close: the mapping's size; 0 where the
// kernel does not answer.
long query_raw(const std::string& path)
{
    char name[PATH_MAX];
    heaplings::detail::mapping_query query;
    query.address = reinterpret_cast<std::uintptr_t>(name);
    query.name = query.address;
    query.name_size = sizeof name;
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    const bool found = ioctl(file, _IOWR('f', 17, heaplings::detail::mapping_query), &query) == 0;
    close(file);
    return found ? static_cast<long>(query.end - query.begin) : 0;
}

// The words of a stream, as a C++ programmer takes such a file apart first.
long read_words(const std::string& path)
{
    std::ifstream file{path};
    std::string word;
    long size = 0;
    while (file >> word) size += static_cast<long>(word.size());
    return size;
}

// The same way again and again, with the file left open.
class kept_raw
{
public:
    kept_raw(const std::string& path, length how_long)
        : file_{open(path.c_str(), O_RDONLY | O_CLOEXEC)}, length_{how_long}
    {
        if (file_ < 0) throw std::runtime_error{"can't open " + path};
    }
    [[nodiscard]] long read() const
    {
        char buffer[32 * 1024];
        long size = 0;
        ssize_t got = 0;
        do {
            got = pread(file_, buffer, sizeof buffer, size);
            size += std::max<ssize_t>(got, 0);
            benchmark::ClobberMemory();
        } while (got > 0 && length_ == length::any);
        return size;
    }

private:
    int file_; // as long as the program
    length length_;
};

#ifdef BENCH_LIBPROC2
// Its fields that come from stat, or from status.
pids_info* libproc2_pids(std::vector<pids_item> items)
{
    pids_info* info = nullptr;
    if (procps_pids_new(&info, items.data(), static_cast<int>(items.size())) < 0) std::abort();
    return info;
}
const std::vector<pids_item> items_of_stat{PIDS_ID_PID,  PIDS_CMD,        PIDS_STATE,
                                           PIDS_ID_PPID, PIDS_FLT_MIN,    PIDS_TICS_USER,
                                           PIDS_NLWP,    PIDS_TIME_START, PIDS_MEM_RES};
const std::vector<pids_item> items_of_status{PIDS_ID_PID, PIDS_VM_RSS, PIDS_VM_SIZE, PIDS_VM_SWAP,
                                             PIDS_ID_EUID};

long select_by_libproc2(pids_info* info)
{
    auto self = static_cast<unsigned>(getpid());
    const pids_fetch* found = procps_pids_select(info, &self, 1, PIDS_SELECT_PID);
    return found->counts->total;
}
long meminfo_by_libproc2()
{
    meminfo_info* info = nullptr;
    if (procps_meminfo_new(&info) < 0) std::abort(); // a reader that is kept looks once a second
    const meminfo_result* const total = procps_meminfo_get(info, MEMINFO_MEM_TOTAL);
    if (total == nullptr) std::abort();
    const auto value = static_cast<long>(total->result.ul_int);
    procps_meminfo_unref(&info);
    return value;
}
long vmstat_by_libproc2()
{
    vmstat_info* info = nullptr;
    if (procps_vmstat_new(&info) < 0) std::abort();
    const vmstat_result* const faults = procps_vmstat_get(info, VMSTAT_PGFAULT);
    if (faults == nullptr) std::abort();
    const auto value = static_cast<long>(faults->result.ul_int);
    procps_vmstat_unref(&info);
    return value;
}
#endif

// Mappings of one page each: neighbours of different permissions stay apart.
void make_mappings(int count)
{
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    auto* all = static_cast<char*>(mmap(nullptr, page * static_cast<std::size_t>(count), PROT_READ,
                                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (int i = 0; i < count; i += 2) {
        mprotect(all + page * static_cast<std::size_t>(i), page, PROT_READ | PROT_WRITE);
    }
}

// Processes that sleep, so that there are some to list. Ended with this object.
class sleepers
{
public:
    explicit sleepers(int count)
    {
        for (int i = 0; i < count; ++i) {
            const pid_t child = fork();
            if (child == 0) {
                alarm(600); // should the parent be killed
                pause();
                _exit(0);
            }
            if (child > 0) children_.push_back(child);
        }
    }
    sleepers(const sleepers&) = delete;
    sleepers& operator=(const sleepers&) = delete;
    ~sleepers()
    {
        for (const pid_t child : children_) kill(child, SIGKILL);
        for (const pid_t child : children_) waitpid(child, nullptr, 0);
    }

private:
    std::vector<pid_t> children_;
};

template <typename File>
long count_records(File&& file)
{
    long records = 0;
    for (const auto& record : file) {
        benchmark::DoNotOptimize(&record);
        ++records;
    }
    return records;
}

long all_processes_raw()
{
    heaplings::process_list processes;
    long size = 0;
    while (const auto process = processes.next_id()) {
        const std::string folder = "/proc/" + std::to_string(process->pid());
        size += read_raw(folder + "/stat", length::of_one_read);
        size += read_raw(folder + "/oom_score", length::of_one_read);
    }
    return size;
}
long all_processes()
{
    heaplings::process_list processes;
    long sum = 0;
    while (const auto process = processes.next()) {
        sum += heaplings::read_oom_score(process_id{process->pid}).value_or(0);
    }
    return sum;
}
long all_processes_by_streams()
{
    heaplings::process_list processes;
    long size = 0;
    while (const auto process = processes.next_id()) {
        const std::string folder = "/proc/" + std::to_string(process->pid());
        size += read_words(folder + "/stat") + read_words(folder + "/oom_score");
    }
    return size;
}

struct way
{
    std::string file;
    std::string name;
    reading read;
};

template <auto Read>
void add_whole_file(std::vector<way>& ways, const std::string& file, length how_long)
{
    const std::string path = "/proc/self/" + file;
    ways.push_back({file, "raw", [=] { return read_raw(path, how_long); }});
    ways.push_back({file, "ours", [] {
                        const auto record = Read(heaplings::this_process, "/proc");
                        benchmark::DoNotOptimize(&record);
                        return static_cast<long>(record.has_value());
                    }});
    ways.push_back({file, "ifstream", [=] { return read_words(path); }});
}

// The same with the file left open.
template <typename File>
void add_kept_file(std::vector<way>& ways, const std::string& file, length how_long)
{
    const std::string path = "/proc/self/" + file;
    const std::string name = file + "_kept";
    ways.push_back({name, "raw", [raw = kept_raw{path, how_long}] { return raw.read(); }});
    ways.push_back({name, "ours", [] {
                        static File kept;
                        const auto record = kept.read();
                        benchmark::DoNotOptimize(&record);
                        return static_cast<long>(record.has_value());
                    }});
}

void add_processes(std::vector<way>& ways)
{
    add_kept_file<heaplings::stat_file>(ways, "stat", length::of_one_read);
    add_kept_file<heaplings::statm_file>(ways, "statm", length::of_one_read);
    add_kept_file<heaplings::status_file>(ways, "status", length::any);
    add_kept_file<heaplings::smaps_rollup_file>(ways, "smaps_rollup", length::any);
    add_whole_file<heaplings::read_stat>(ways, "stat", length::of_one_read);
    add_whole_file<heaplings::read_statm>(ways, "statm", length::of_one_read);
    add_whole_file<heaplings::read_status>(ways, "status", length::any);
    add_whole_file<heaplings::read_limits>(ways, "limits", length::any);
    add_whole_file<heaplings::read_io>(ways, "io", length::any);
    add_whole_file<heaplings::read_oom_score>(ways, "oom_score", length::of_one_read);
    add_whole_file<heaplings::read_oom_score_adj>(ways, "oom_score_adj", length::of_one_read);
    add_whole_file<heaplings::read_smaps_rollup>(ways, "smaps_rollup", length::any);

    const std::string maps = "/proc/self/maps";
    ways.push_back({"maps", "raw", [=] { return read_raw(maps, length::any); }});
    ways.push_back({"maps", "ours", [] { return count_records(heaplings::maps_file{}); }});
    ways.push_back({"maps", "ifstream", [=] { return read_words(maps); }});
    ways.push_back(
        {"maps_kept", "raw", [file = kept_raw{maps, length::any}] { return file.read(); }});
    static heaplings::maps_file kept;
    ways.push_back({"maps_kept", "ours", [] {
                        kept.rewind();
                        return count_records(kept);
                    }});
    // The mapping of one address, the last of all: where the kernel can't be asked, all are read.
    const bool asks = query_raw(maps) > 0;
    ways.push_back({"maps_one_address", "raw",
                    [=] { return asks ? query_raw(maps) : read_raw(maps, length::any); }});
    ways.push_back({"maps_one_address", "ours", [] {
                        const char here = 0;
                        const auto address = reinterpret_cast<std::uintptr_t>(&here);
                        return static_cast<long>(heaplings::maps_file{}.find(address).has_value());
                    }});
}

void add_system(std::vector<way>& ways)
{
    ways.push_back({"meminfo", "raw", [] { return read_raw("/proc/meminfo", length::any); }});
    ways.push_back({"meminfo", "ours", [] { return heaplings::read_meminfo().total.count(); }});
    ways.push_back({"meminfo", "ifstream", [] { return read_words("/proc/meminfo"); }});
    ways.push_back({"vmstat", "raw", [] { return read_raw("/proc/vmstat", length::any); }});
    ways.push_back({"vmstat", "ours", [] {
                        const auto record = heaplings::read_vmstat();
                        benchmark::DoNotOptimize(&record);
                        return static_cast<long>(record.has_value());
                    }});
    ways.push_back({"vmstat", "ifstream", [] { return read_words("/proc/vmstat"); }});
    ways.push_back({"all_processes", "raw", all_processes_raw});
    ways.push_back({"all_processes", "ours", all_processes});
    ways.push_back({"all_processes", "ifstream", all_processes_by_streams});
}

void add_libproc2([[maybe_unused]] std::vector<way>& ways)
{
#ifdef BENCH_LIBPROC2
    static pids_info* const stat = libproc2_pids(items_of_stat);
    static pids_info* const status = libproc2_pids(items_of_status);
    std::vector<pids_item> items = items_of_stat;
    items.push_back(PIDS_OOM_SCORE);
    static pids_info* const all = libproc2_pids(items);
    ways.push_back({"stat", "libproc2", [] { return select_by_libproc2(stat); }});
    ways.push_back({"status", "libproc2", [] { return select_by_libproc2(status); }});
    ways.push_back({"meminfo", "libproc2", meminfo_by_libproc2});
    ways.push_back({"vmstat", "libproc2", vmstat_by_libproc2});
    ways.push_back({"all_processes", "libproc2", [] {
                        const pids_fetch* found = procps_pids_reap(all, PIDS_FETCH_TASKS_ONLY);
                        return static_cast<long>(found->counts->total);
                    }});
#else
    std::fprintf(stderr, "without libproc2: apt-get install libproc2-dev brings it\n");
#endif
}

// In one call, after the first, which may set something up.
[[nodiscard]] std::int64_t allocations_of(const way& w)
{
    w.read();
    const heaplings::allocation_counter counter{heaplings::scope_extent::this_thread,
                                                heaplings::hook::malloc};
    w.read();
    return counter.allocations();
}

void print_ratios(const std::vector<way>& ways, const bench::median_reporter& measured)
{
    if (measured.is_empty()) return; // there was no repetition
    std::printf("\n%-18s%-10s%12s%10s%13s\n", "file", "way", "median", "to raw", "allocations");
    for (const way& w : ways) {
        const double time = measured.median_of(w.file + "/" + w.name);
        const double raw = measured.median_of(w.file + "/raw");
        if (time == 0 || raw == 0) continue;
        std::printf("%-18s%-10s%9.0f ns%10.2f%13lld\n", w.file.c_str(), w.name.c_str(), time,
                    time / raw, static_cast<long long>(allocations_of(w)));
    }
}

void require_no_allocation(const std::vector<way>& ways)
{
    for (const way& w : ways) {
        if (w.name != "ours" || allocations_of(w) == 0) continue;
        throw std::runtime_error{w.file + ": our reader allocates"};
    }
}

} // namespace

int main(int argc, char** argv)
try {
    const sleepers others{200};
    make_mappings(2'000);
    std::vector<way> ways;
    add_processes(ways);
    add_system(ways);
    add_libproc2(ways);
    require_no_allocation(ways);
    std::stable_sort(ways.begin(), ways.end(),
                     [](const way& a, const way& b) { return a.file < b.file; });
    for (const way& w : ways) {
        benchmark::RegisterBenchmark((w.file + "/" + w.name).c_str(),
                                     [&w](benchmark::State& state) {
                                         for (auto _ : state) benchmark::DoNotOptimize(w.read());
                                     });
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
    bench::median_reporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    print_ratios(ways, reporter);
    benchmark::Shutdown();
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench.proc_reader: %s\n", error.what());
    return EXIT_FAILURE;
}
