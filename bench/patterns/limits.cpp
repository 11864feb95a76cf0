// Memory near the limit of a cgroup, where for each new page another one must go: of the page
// cache, or to swap.
//
// The work is done, and timed, in a child process under the limit. So it is no one else who is
// short of memory.
#include "disk_file.hpp"
#include "pages.hpp"
#include "patterns.hpp"

#include <heaplings/memory_limit.hpp>
#include <heaplings/proc/meminfo.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

namespace {

using namespace heaplings::literals;
using heaplings::bytes;
using heaplings::memory_limit;

constexpr const char* other_place = " `heaplings kernel --memory 128M -- bench.patterns.plain` has "
                                    "a cgroup where the host has none";

// Clang 14 does not find the literals in lambdas.
constexpr bytes file_size = 32_MiB;
constexpr bytes cgroup_with_swap = 16_MiB;
constexpr bytes swap_needed = 32_MiB;

// Why no cgroup can be had; nothing if one can.
std::optional<std::string> no_cgroup()
{
    static const std::optional<std::string> why_not = [] {
        const heaplings::not_counted own_work;
        std::string reasons;
        try {
            const auto run = heaplings::run_limited({.memory = file_size}, [] {});
            if (run.limiter != heaplings::memory_limiter::address_space)
                return std::optional<std::string>{};
            reasons = run.passed_over;
        } catch (const std::runtime_error& error) {
            reasons = error.what();
        }
        std::ranges::replace(reasons, '\n', ';');
        return std::optional{reasons + other_place};
    }();
    return why_not;
}

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
            skip(state, why.str());
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

// Calls `run()` unless there is something against it, and skips what turns out to be impossible.
template <typename Run>
void run_unless(const std::optional<std::string>& why_not, benchmark::State& state, Run run)
{
    const heaplings::not_counted own_work;
    if (why_not) return skip(state, *why_not);
    try {
        run();
    } catch (const std::exception& error) {
        skip(state, error.what());
    }
}

// The file, written once: disks are slow.
const disk_file& file_on_disk()
{
    static const disk_file file{static_cast<std::size_t>(file_size.count())};
    return file;
}

// What the cgroup is full of when fresh pages are asked for.
enum class filling { nothing, clean_cache, dirty_cache };

template <filling Filling>
void touch_fresh(benchmark::State& state)
{
    const auto touched = mebibytes(state.range(0));
    run_unless(no_cgroup(), state, [&] {
        const disk_file& file = file_on_disk();
        const auto fill = [&] {
            if (Filling == filling::clean_cache) file.read_into_cache();
            if (Filling == filling::dirty_cache) file.write_into_cache();
        };
        run_under({.memory = file_size}, state, fill, [&] {
            const small_pages fresh{touched};
            fresh.touch();
        });
    });
    add_time_of_each(state, "page", touched / page_bytes());
}

void read_again(benchmark::State& state)
{
    run_unless(no_cgroup(), state, [&] {
        const disk_file& file = file_on_disk();
        const bytes limit = file_size * state.range(0) / 100;
        run_under(
            {.memory = limit}, state, [&] { file.read_into_cache(); }, [&] { file.read_all(); });
    });
    add_time_of_each(state, "page", static_cast<std::size_t>(file_size.count()) / page_bytes());
}

std::optional<std::string> no_swap()
{
    if (const auto why_not = no_cgroup()) return why_not;
    if (heaplings::read_meminfo().swap_free >= swap_needed) return std::nullopt;
    return "no 32 MiB of swap here; `heaplings kernel --memory 128M --swap 64M -- "
           "bench.patterns.plain --benchmark_filter=limits/swap` has it";
}

void touch_swapped(benchmark::State& state)
{
    run_unless(no_swap(), state, [&] {
        std::optional<small_pages> touched;
        const auto prepare = [&] {
            touched.emplace(mebibytes(state.range(0)));
            touched->touch();
        };
        run_under({.memory = cgroup_with_swap, .swap = swap_needed}, state, prepare,
                  [&] { touched->touch(); });
    });
    add_time_of_each(state, "page", mebibytes(state.range(0)) / page_bytes());
}

// Each iteration takes longer than what is timed of it, so the number of them is given.
template <std::int64_t... Values>
void configure(const char* argument, benchmark::internal::Benchmark* benchmark)
{
    benchmark->ArgName(argument)->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(8);
    (benchmark->Arg(Values), ...);
}

pattern in_cgroup(std::string name, std::string shows, void (*run)(benchmark::State&),
                  std::function<void(benchmark::internal::Benchmark*)> configure)
{
    return {.name = std::move(name),
            .shows = std::move(shows),
            .allocations = exactly(0), // the child does the work, and that without malloc
            .run = run,
            .configure = std::move(configure)};
}

} // namespace

std::vector<pattern> limits()
{
    const auto mib_16 = [](auto* b) { configure<16>("mib", b); };
    return {
        in_cgroup("limits/touch_empty", "Fresh pages in a cgroup of 32 MiB that has room for them.",
                  touch_fresh<filling::nothing>, mib_16),
        in_cgroup("limits/touch_clean_cache",
                  "The same in one that is full of a file read before: for new pages, old ones "
                  "must go, which costs little, as the disk has them.",
                  touch_fresh<filling::clean_cache>, mib_16),
        in_cgroup("limits/touch_dirty_cache",
                  "The same in one that is full of a file just written: the disk must have the old "
                  "pages first.",
                  touch_fresh<filling::dirty_cache>, mib_16),
        in_cgroup("limits/read_again",
                  "A file read a second time in a cgroup whose limit is so many percent of it: the "
                  "page cache counts, and below 100 each page has gone just before it is needed.",
                  read_again, [](auto* b) { configure<200, 110, 90, 50>("limit_percent", b); }),
        in_cgroup("limits/swap",
                  "Memory touched twice in a cgroup of 16 MiB: with more than that, each page is "
                  "in swap when its turn comes.",
                  touch_swapped, [](auto* b) { configure<8, 20>("mib", b); }),
    };
}

} // namespace bench
