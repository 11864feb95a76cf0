#include "allocators.hpp"

#include "measurement.hpp"
#include "text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sstream>
#include <stdexcept>

namespace heaplings::bench {

namespace {

constexpr std::chrono::seconds limit{60};

// A process was not on its allocator, or did not tell.
struct not_believed : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

struct one_run
{
    double nanoseconds = 0;
    double peak_resident = 0;
};

// Preloads the allocator and the witness, which is in the folder that the program runs in: the
// loader would take spaces and colons in a whole path for the ends of names.
environment preloaded(const comparison_settings& s, const allocator& a)
{
    const std::string witness = "./" + s.witness.filename().string();
    return {{"LD_PRELOAD", a.library.empty() ? witness : a.library + ":" + witness},
            {"HEAPLINGS_WITNESS", (s.work / "witness").string()}};
}

std::string log_of(const comparison_settings& s)
{
    return tools::read_file(s.work / "allocators.log").value_or("");
}

witnessed believed(const std::string& told)
{
    try {
        return parse_witness(told);
    } catch (const std::runtime_error& e) {
        throw not_believed{e.what()};
    }
}

witnessed run_on(const comparison_settings& s, const allocator& a,
                 const std::vector<std::string>& command)
{
    const std::filesystem::path told = s.work / "witness";
    std::filesystem::remove(told);
    const program_run run = run_program(command, preloaded(s, a), s.work / "allocators.log", limit,
                                        s.witness.parent_path());
    if (log_of(s).find("cannot be preloaded") != std::string::npos && !a.library.empty())
        throw not_believed{fmt::format("not installed: {} brings {}", a.packages, a.library)};
    if (!run.failure.empty()) throw std::runtime_error{run.failure};
    const witnessed w = believed(tools::read_file(told).value_or(""));
    if (const std::string reason = refusal(a, w); !reason.empty()) throw not_believed{reason};
    return w;
}

std::vector<std::string> command_of(const comparison_settings& s, const std::string& benchmark)
{
    std::string exact;
    for (const char c : benchmark) {
        if (std::string_view{"\\^$.|?*+()[]{}"}.find(c) != std::string_view::npos) exact += '\\';
        exact += c;
    }
    return {s.program.string(), "--benchmark_filter=^" + exact + "$",
            "--benchmark_min_time=" + s.min_time, "--benchmark_out_format=json",
            "--benchmark_out=" + (s.work / "allocator_run.json").string()};
}

one_run run_benchmark(const comparison_settings& s, const allocator& a, const std::string& name)
{
    const std::filesystem::path file = s.work / "allocator_run.json";
    std::filesystem::remove(file);
    const witnessed w = run_on(s, a, command_of(s, name));
    const results r = parse_results(tools::read_file(file).value_or(""), file, "");
    if (r.all.size() != 1)
        throw std::runtime_error{
            fmt::format("expected one benchmark named {}, found {}", name, r.all.size())};
    const auto time = time_per_item(r.all[0]);
    if (!time) throw std::runtime_error{fmt::format("{}: {}", name, r.all[0].skipped)};
    return {*time, static_cast<double>(w.peak_resident)};
}

void leave_out(compared_allocator& a, const std::string& reason)
{
    a.left_out = reason;
    a.runs.clear();
}

// One run of one benchmark on one allocator; what failed before is not tried again.
void run_once(const comparison_settings& s, compared_allocator& a, std::size_t benchmark)
{
    if (!a.left_out.empty() || !a.runs[benchmark].failure.empty()) return;
    try {
        const one_run run = run_benchmark(s, a.which, s.benchmarks[benchmark]);
        a.runs[benchmark].nanoseconds.push_back(run.nanoseconds);
        a.runs[benchmark].peak_resident.push_back(run.peak_resident);
    } catch (const not_believed& e) {
        leave_out(a, e.what());
    } catch (const std::runtime_error& e) {
        a.runs[benchmark] = {e.what(), {}, {}};
    }
}

// A process that runs no benchmark tells whether the allocator is there.
compared_allocator begin(const comparison_settings& s, const allocator& which)
{
    compared_allocator a;
    a.which = which;
    a.runs.resize(s.benchmarks.size());
    try {
        const witnessed w = run_on(s, which, {s.program.string(), "--benchmark_list_tests=true"});
        a.malloc_from = std::filesystem::canonical(w.malloc_from).string();
        a.idle_resident = static_cast<double>(w.peak_resident);
    } catch (const std::runtime_error& e) {
        leave_out(a, e.what());
    }
    return a;
}

} // namespace

const std::vector<allocator>& known_allocators()
{
    static const std::vector<allocator> all{
        {"glibc", "", "libc.so.", "libc6"},
        {"jemalloc", "libjemalloc.so.2", "libjemalloc.so.", "libjemalloc2 (Debian)"},
        {"mimalloc", "libmimalloc.so.2", "libmimalloc.so.", "libmimalloc2.0 (Debian)"},
        {"tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc_minimal.so.",
         "libtcmalloc-minimal4 (Debian)"},
    };
    return all;
}

witnessed parse_witness(std::string_view text)
{
    witnessed w;
    std::istringstream lines{std::string{text}};
    std::string line;
    while (std::getline(lines, line)) {
        const std::size_t space = std::min(line.find(' '), line.size() - 1);
        const std::string name = line.substr(0, space), value = line.substr(space + 1);
        if (name == "malloc") w.malloc_from = value;
        if (name == "free") w.free_from = value;
        if (name == "peak") w.peak_resident = std::strtoll(value.c_str(), nullptr, 10);
    }
    if (w.malloc_from.empty() || w.free_from.empty() || w.peak_resident <= 0)
        throw std::runtime_error{
            "the process did not tell where its malloc is from and how much memory "
            "it had: expected the lines malloc, free and peak of the witness, "
            "found \"" +
            std::string{text} + "\""};
    return w;
}

std::string refusal(const allocator& a, const witnessed& w)
{
    for (const auto& [function, from] :
         {std::pair{"malloc", w.malloc_from}, {"free", w.free_from}}) {
        if (!std::filesystem::path{from}.filename().string().starts_with(a.file_name))
            return fmt::format("refused: {} was not {}'s, it came from {}", function, a.name, from);
    }
    return "";
}

std::vector<std::string> list_benchmarks(const std::filesystem::path& program,
                                         const std::string& filter,
                                         const std::filesystem::path& work)
{
    const std::filesystem::path log = work / "list.log";
    const std::vector<std::string> command{program.string(), "--benchmark_list_tests=true",
                                           "--benchmark_filter=" + filter};
    const program_run run = run_program(command, {}, log, limit);
    const std::string said = tools::read_file(log).value_or("");
    if (!run.failure.empty())
        throw std::runtime_error{fmt::format("{} {}: {}", shell_line(command), run.failure, said)};
    std::vector<std::string> names;
    for (const std::string& line : tools::split(said, '\n')) {
        if (!line.empty()) names.push_back(line);
    }
    return names;
}

comparison compare_allocators(const comparison_settings& s)
{
    if (s.benchmarks.empty()) throw std::runtime_error{"no benchmark to compare allocators by"};
    comparison all;
    all.rounds = s.rounds;
    all.benchmarks = s.benchmarks;
    std::vector<std::string> command = command_of(s, s.benchmarks[0]);
    command.front() = s.program.filename().string();
    command.resize(3); // where it writes to does not matter
    all.command = shell_line(command, {{"LD_PRELOAD", "libjemalloc.so.2"}});
    for (const allocator& a : known_allocators()) all.allocators.push_back(begin(s, a));
    const std::size_t count = all.allocators.size();
    for (std::size_t round = 0; round < static_cast<std::size_t>(s.rounds); ++round) {
        for (std::size_t b = 0; b < s.benchmarks.size(); ++b) {
            for (std::size_t i = 0; i < count; ++i)
                run_once(s, all.allocators[(i + round) % count], b);
        }
    }
    if (const std::string& reason = all.allocators[0].left_out; !reason.empty())
        throw std::runtime_error{"glibc, to compare with, could not be measured: " + reason};
    return all;
}

std::optional<double> median_ratio(const std::vector<double>& values,
                                   const std::vector<double>& of_glibc)
{
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(values.size(), of_glibc.size()); ++i)
        ratios.push_back(values[i] / of_glibc[i]);
    if (ratios.empty()) return std::nullopt;
    return median(std::move(ratios));
}

} // namespace heaplings::bench
