// Memory near the limit of a cgroup, where for each new page another one must go: of the page
// cache, or to swap.
//
// The work is done, and timed, in a child process under the limit. So it is no one else who is
// short of memory.
#include "pages.hpp"
#include "patterns.hpp"

#include <heaplings/memory_limit.hpp>
#include <heaplings/proc/meminfo.hpp>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace bench {

namespace {

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::memory_limit;

constexpr const char* other_place =
    "; where there is no cgroup, `heaplings kernel --memory 128M -- bench.patterns.plain` has one";

// Why no cgroup can be had; nothing if one can.
std::optional<std::string> no_cgroup()
{
    static const std::optional<std::string> why_not = [] {
        std::string reasons;
        try {
            const auto run = heaplings::run_limited({.memory = 64_MiB}, [] {});
            if (run.limiter != heaplings::memory_limiter::address_space)
                return std::optional<std::string>{};
            reasons = run.passed_over;
        } catch (const std::runtime_error& error) {
            reasons = error.what();
        }
        std::ranges::replace(reasons, '\n', ' ');
        return std::optional{reasons + other_place};
    }();
    return why_not;
}

// A file on disk without a name, none of which is in the page cache.
class disk_file
{
public:
    // Throws std::system_error, or std::runtime_error if the folder is in RAM.
    explicit disk_file(bytes size) : folder_{folder()}, file_{create(folder_)}
    {
        try {
            struct statfs where{};
            fstatfs(file_, &where);
            if (where.f_type == TMPFS_MAGIC || where.f_type == RAMFS_MAGIC) {
                throw std::runtime_error{folder_ + " is in RAM; set TMPDIR to a folder on a disk"};
            }
            write(size);
        } catch (...) {
            close(file_);
            throw;
        }
    }
    disk_file(const disk_file&) = delete;
    disk_file& operator=(const disk_file&) = delete;
    ~disk_file() { close(file_); }

    // From the disk to this process's part of the page cache: a page that is there already would
    // count in the cgroup of who has read it before.
    void read_into_cache() const
    {
        posix_fadvise(file_, 0, 0, POSIX_FADV_DONTNEED);
        read_all();
    }

    // Throws std::system_error.
    void read_all() const
    {
        alignas(4096) static char buffer[64 << 10];
        off_t at = 0;
        ssize_t got = 0;
        while ((got = pread(file_, buffer, sizeof buffer, at)) > 0) at += got;
        if (got < 0) fail("read");
    }

private:
    static std::string folder()
    {
        const char* chosen = std::getenv("TMPDIR");
        return chosen != nullptr ? chosen : "/var/tmp";
    }

    static int create(const std::string& folder)
    {
        std::string name = folder + "/bench.patterns.XXXXXX";
        const int file = mkostemp(name.data(), O_CLOEXEC);
        if (file < 0) throw std::system_error{errno, std::generic_category(), "create " + name};
        unlink(name.c_str());
        return file;
    }

    void write(bytes size) const
    {
        const std::vector<char> content(1 << 20, 'x');
        for (bytes written{0}; written < size; written += 1_MiB) {
            if (::write(file_, content.data(), content.size()) != 1 << 20) fail("write");
        }
        if (fsync(file_) != 0) fail("write"); // a page goes from the cache only when it is on disk
    }

    [[noreturn]] void fail(const char* what) const
    {
        throw std::system_error{errno, std::generic_category(),
                                std::string{what} + " a file in " + folder_};
    }

    std::string folder_;
    int file_;
};

// What a child tells of its work, in memory that it shares with its parent.
struct work_report
{
    double seconds = 0;
    std::int64_t blocks_read = 0; // of 512 bytes, from a disk or from swap (getrusage(2))
    std::int64_t faults_with_disk = 0;
};

template <typename Work>
void measure(Work work, work_report& report)
{
    rusage before{};
    rusage after{};
    getrusage(RUSAGE_SELF, &before);
    const auto begin = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    getrusage(RUSAGE_SELF, &after);
    report = {time.count(), after.ru_inblock - before.ru_inblock,
              after.ru_majflt - before.ru_majflt};
}

// Each iteration a new child under the limit, which calls `prepare()` and then, timed, `work()`.
template <typename Prepare, typename Work>
void run_under(const memory_limit& limit, benchmark::State& state, Prepare prepare, Work work)
{
    const heaplings::detail::shared_record<work_report> report;
    work_report sum;
    for (auto _ : measured(state)) {
        const heaplings::not_counted own_work;
        const auto run = heaplings::run_limited(limit, [&] {
            prepare();
            measure(work, *report);
        });
        if (run.exit_status != 0) {
            std::ostringstream why;
            why << run;
            state.SkipWithError(why.str().c_str());
            break;
        }
        state.SetIterationTime(report->seconds);
        sum.blocks_read += report->blocks_read;
        sum.faults_with_disk += report->faults_with_disk;
    }
    const auto average = benchmark::Counter::kAvgIterations;
    add_counter(state, "disk_mib", {static_cast<double>(sum.blocks_read) / 2048, average});
    add_counter(state, "major_faults", {static_cast<double>(sum.faults_with_disk), average});
}

constexpr bytes file_size = 64_MiB;

// Calls `run(file)` unless there is no cgroup or no disk.
template <typename Run>
void with_file(benchmark::State& state, Run run)
{
    const heaplings::not_counted own_work;
    if (const auto why_not = no_cgroup()) return skip(state, *why_not);
    try {
        const disk_file file{file_size};
        run(file);
    } catch (const std::exception& error) {
        skip(state, error.what());
    }
}

void touch_beside_cache(benchmark::State& state)
{
    constexpr bytes touched = 32_MiB;
    with_file(state, [&](const disk_file& file) {
        const auto fill = [&] {
            if (state.range(0) != 0) file.read_into_cache();
        };
        run_under({.memory = file_size}, state, fill, [&] {
            const small_pages fresh{static_cast<std::size_t>(touched.count())};
            fresh.touch();
        });
    });
    add_time_of_each(state, "page", static_cast<std::size_t>(touched.count()) / page_bytes());
}

void read_again(benchmark::State& state)
{
    with_file(state, [&](const disk_file& file) {
        const bytes limit = file_size / 100 * state.range(0);
        run_under({.memory = limit}, state, [&] { file.read_into_cache(); },
                  [&] { file.read_all(); });
    });
    add_time_of_each(state, "page", static_cast<std::size_t>(file_size.count()) / page_bytes());
}

std::optional<std::string> no_swap()
{
    if (const auto why_not = no_cgroup()) return why_not;
    if (heaplings::read_meminfo().swap_free >= 32_MiB) return std::nullopt;
    return "no 32 MiB of swap here; `heaplings kernel --memory 128M --swap 64M -- "
           "bench.patterns.plain --benchmark_filter=limits/swap` has it";
}

void touch_swapped(benchmark::State& state)
{
    const heaplings::not_counted own_work;
    if (const auto why_not = no_swap()) return skip(state, *why_not);
    std::optional<small_pages> touched;
    const auto prepare = [&] {
        touched.emplace(mebibytes(state.range(0)));
        touched->touch();
    };
    run_under({.memory = 16_MiB, .swap = 32_MiB}, state, prepare, [&] { touched->touch(); });
    add_time_of_each(state, "page", mebibytes(state.range(0)) / page_bytes());
}

void configure(benchmark::internal::Benchmark* benchmark, const char* argument,
               const std::vector<std::int64_t>& values)
{
    benchmark->ArgName(argument)->UseManualTime()->Unit(benchmark::kMillisecond);
    for (const std::int64_t value : values) benchmark->Arg(value);
}

} // namespace

std::vector<pattern> limits()
{
    return {
        {.name = "limits/touch",
         .shows = "Fresh pages in a cgroup that is empty (cache_full:0), or that is full of a file "
                  "read before (1): each batch of pages must first be taken from the page cache.",
         .allocations = exactly(0),
         .run = touch_beside_cache,
         .configure = [](auto* b) { configure(b, "cache_full", {0, 1}); }},
        {.name = "limits/read_again",
         .shows = "A file read a second time in a cgroup whose limit is so many percent of it: the "
                  "page cache counts, so below 100 each page has gone just before it is needed.",
         .allocations = exactly(0),
         .run = read_again,
         .configure = [](auto* b) { configure(b, "limit_percent", {200, 110, 90, 50}); }},
        {.name = "limits/swap",
         .shows = "Memory touched again and again in a cgroup of 16 MiB: what is beyond is in swap "
                  "whenever it is touched.",
         .allocations = exactly(0),
         .run = touch_swapped,
         .configure = [](auto* b) { configure(b, "mib", {8, 12, 20, 24}); }},
    };
}

} // namespace bench
