#include "selection.hpp"

#include "text.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <fmt/format.h>
#include <sys/resource.h>

namespace heaplings::bench {

namespace {

constexpr std::chrono::seconds limit{300};
constexpr const char* compared = "bench.patterns.plain";

std::vector<std::string> arguments(std::vector<std::string> own, const char* min_time,
                                   int repetitions)
{
    own.push_back(fmt::format("--benchmark_min_time={}", min_time));
    own.push_back(fmt::format("--benchmark_repetitions={}", repetitions));
    own.push_back("--benchmark_enable_random_interleaving=true");
    own.push_back("--benchmark_display_aggregates_only=true");
    return own;
}

double seconds_since(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string local_time()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::localtime_r(&now, &parts);
    std::array<char, 64> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M %z", &parts);
    return {text.data(), size};
}

// Of this process and of all that it waited for.
std::chrono::milliseconds own_processor_time()
{
    std::chrono::milliseconds all{};
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage used{};
        if (::getrusage(who, &used) != 0) continue;
        for (const timeval& t : {used.ru_utime, used.ru_stime})
            all += std::chrono::milliseconds{t.tv_sec * 1000 + t.tv_usec / 1000};
    }
    return all;
}

// The last lines, for the words of a program that failed.
std::string tail(const std::filesystem::path& log)
{
    std::string text = tools::read_file(log).value_or("");
    while (text.ends_with('\n')) text.pop_back();
    std::size_t begin = text.size();
    for (int lines = 0; lines < 5 && begin != std::string::npos && begin > 0; ++lines)
        begin = text.rfind('\n', begin - 1);
    return begin == std::string::npos ? text : text.substr(begin + 1);
}

program_record run_one(const selection_settings& s, const selected_program& p)
{
    program_record record{p.name, p.shows, "", "", 0, p.only_counts};
    const std::string name = p.program.empty() ? p.name : p.program;
    const auto program = s.programs.find(name);
    if (program == s.programs.end()) {
        record.failure = name + " was not built";
        return record;
    }
    std::vector<std::string> command{program->second.string()};
    command.insert(command.end(), p.arguments.begin(), p.arguments.end());
    command.push_back("--benchmark_out_format=json");
    command.push_back("--benchmark_out=" + results_file(s.folder, p.name).string());
    const std::filesystem::path log = s.folder / "data" / (p.name + ".log");
    const program_run run = run_program(command, p.variables, log, limit);
    command[0] = name;
    command.back() = fmt::format("--benchmark_out={}.json", p.name);
    record.command = shell_line(command, p.variables);
    record.seconds = static_cast<double>(run.wall.count()) / 1000;
    if (!run.failure.empty())
        record.failure = fmt::format("{} {}: {}", p.name, run.failure, tail(log));
    return record;
}

void compare(const selection_settings& s, run_record& record)
{
    const auto program = s.programs.find(compared);
    if (program == s.programs.end() || s.witness.empty()) {
        record.allocators_failure = std::string{compared} + " was not built";
        return;
    }
    try {
        comparison_settings settings;
        settings.program = program->second;
        settings.work = s.folder / "data";
        for (const compared_benchmark& b : compared_benchmarks())
            settings.benchmarks.push_back(b.name);
        settings.rounds = s.rounds;
        settings.witness = s.witness;
        record.allocators = compare_allocators(settings);
    } catch (const std::runtime_error& e) {
        record.allocators_failure = e.what();
    }
}

void say(const std::string& line)
{
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

} // namespace

const std::vector<compared_benchmark>& compared_benchmarks()
{
    static const std::vector<compared_benchmark> all{
        {"reuse/tcache", "seven blocks, again and again"},
        {"lifetime/fifo/mixed_small/blocks:1024/real_time/threads:1",
         "1,024 small blocks, oldest freed first"},
        {"lifetime/random/mixed_small/blocks:1024/real_time/threads:1",
         "the same, freed in random order"},
        {"lifetime/random/mixed_small/blocks:1024/real_time/threads:2", "the same in two threads"},
        {"threads/producer_consumer/batch:4096/real_time/threads:2",
         "two threads to a consumer each"},
        {"threads/random_hand_over/live_each:1024/real_time/threads:2",
         "handed over between two threads"},
        {"lifetime/random/mixed_large/blocks:1024/real_time/threads:1",
         "one in ten 4 to 64 KiB, random order"},
        {"lifetime/generational/mixed_large/blocks:1024/real_time/threads:1",
         "one in ten large, most die young"},
        {"lifetime/random/across_threshold/blocks:16/real_time/threads:1",
         "16 blocks of 16 to 48 MiB"},
        {"growth/realloc/percent:150/buffers:2", "two buffers grow by realloc"},
        {"growth/vector/elements:1000000/reserve:0", "a vector grows to 1,000,000"},
        {"container/list_fill/elements:1000000", "a list of 1,000,000"},
        {"arena/map/new", "a map of 1,000"},
    };
    return all;
}

const std::vector<selected_program>& selection()
{
    static const std::vector<selected_program> all{
        {.name = "bench.patterns",
         .shows =
             "What each pattern allocates: counted and checked, one iteration each, not timed.",
         .arguments = {"--benchmark_filter=-^limits/", "--benchmark_min_time=0"},
         .only_counts = true},
        {.name = "bench.patterns.plain",
         .shows = "The allocation patterns, timed without any counting.",
         .arguments = arguments({"--benchmark_filter=-^(threads|pages|limits)/"}, "0.01", 9)},
        {.name = "threads",
         .shows = "Threads, timed for longer: where they are more than the processors, each has to "
                  "get its turn.",
         .arguments = arguments(
             {"--benchmark_filter=^threads/((private|producer_consumer)/batch:4096|own_arenas/"
              "bytes:2048|random_.*/live_each:1024)/"},
             "0.1", 5),
         .program = "bench.patterns.plain"},
        {.name = "one_arena",
         .shows = "Threads that share one arena of malloc.",
         .arguments = arguments({"--benchmark_filter=^threads/one_arena/bytes:2048"}, "0.1", 5),
         .program = "bench.patterns.plain",
         .variables = {{"GLIBC_TUNABLES", "glibc.malloc.arena_max=1"}}},
        {.name = "pages_and_limits",
         .shows = "Memory as the kernel gives it, and work near the limit of a memory cgroup.",
         .arguments = arguments({"--benchmark_filter=^(pages|limits)/"}, "0.01", 5),
         .program = "bench.patterns.plain"},
        {.name = "bench.leak_counter",
         .shows = "What counting allocations costs.",
         .arguments = arguments({}, "0", 9)},
        {.name = "bench.proc_reader",
         .shows = "What reading /proc costs.",
         .arguments = arguments({}, "0.02", 9)},
    };
    return all;
}

run_record run_selection(const selection_settings& s)
{
    const std::filesystem::path data = s.folder / "data";
    std::filesystem::remove_all(data); // nothing of an older run is taken for this one's
    std::filesystem::create_directories(data);
    run_record record;
    record.started = local_time();
    record.machine = machine_facts();
    const auto start = std::chrono::steady_clock::now();
    const auto before = read_processor_time();
    const auto own = own_processor_time();
    for (const selected_program& p : selection()) {
        const program_record& done = record.programs.emplace_back(run_one(s, p));
        say(done.failure.empty() ? fmt::format("{}: {:.1f} s", p.name, done.seconds)
                                 : "skipped: " + done.failure);
    }
    const auto comparing = std::chrono::steady_clock::now();
    compare(s, record);
    say(record.allocators ? fmt::format("allocators compared: {:.1f} s", seconds_since(comparing))
                          : "allocators not compared: " + record.allocators_failure);
    const auto after = read_processor_time();
    if (before && after)
        record.disturbance = noise_between(*before, *after, own_processor_time() - own);
    record.seconds = seconds_since(start);
    write_run_record(record, s.folder);
    return record;
}

} // namespace heaplings::bench
