#include "findings.hpp"
#include "run.hpp"

#include <heaplings/leak_counter/backend.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>

namespace bench {

namespace {

using detail::found;
using heaplings::hook;

// Writes what a check finds to a pipe, a line for each thing: `selected NAME`, `refused WHY`.
class check_reporter : public benchmark::BenchmarkReporter
{
public:
    explicit check_reporter(std::FILE* pipe) : pipe_{pipe}
    {
        SetOutputStream(&nowhere_);
        SetErrorStream(&nowhere_);
    }

    bool ReportContext(const Context&) override { return true; }

    void ReportRuns(const std::vector<Run>& runs) override
    {
        for (const Run& run : runs) {
            std::fprintf(pipe_, "selected %s\n", run.run_name.function_name.c_str());
            if (!found.has_loop && !found.has_error && found.refusal.empty()) {
                found.refusal = "its loop is not `for (auto _ : measured(state))`";
            }
            if (!found.refusal.empty()) {
                std::fprintf(pipe_, "refused %s: %s\n", run.benchmark_name().c_str(),
                             found.refusal.c_str());
            }
            found.refusal.clear();
            found.has_loop = found.has_error = false;
        }
    }

private:
    std::ostream nowhere_{nullptr};
    std::FILE* pipe_;
};

[[noreturn]] void check_in_child(const std::vector<pattern>& patterns, std::FILE* pipe)
{
    std::array flags{"check",
                     "--benchmark_min_time=0",
                     "--benchmark_min_warmup_time=0",
                     "--benchmark_repetitions=1",
                     "--benchmark_enable_random_interleaving=false",
                     "--benchmark_out=",
                     "--benchmark_list_tests=false"};
    int count = static_cast<int>(flags.size());
    benchmark::Initialize(&count, const_cast<char**>(flags.data())); // which it does not write to
    detail::register_patterns(patterns);
    detail::current_pass = detail::pass::check;
    check_reporter reporter{pipe};
    benchmark::RunSpecifiedBenchmarks(&reporter);
    std::fprintf(pipe, "done\n");
    std::fflush(pipe);
    _exit(0);
}

check_result read_result(std::FILE* pipe)
{
    check_result result;
    bool is_done = false;
    std::string line;
    for (int c = std::getc(pipe); c != EOF; c = std::getc(pipe)) {
        if (c != '\n') {
            line += static_cast<char>(c);
            continue;
        }
        const std::string_view text = line;
        const std::string rest{text.substr(std::min(text.find(' '), text.size() - 1) + 1)};
        if (text.starts_with("selected ")) result.selected.push_back(rest);
        if (text.starts_with("refused ")) result.refusals.push_back(rest);
        is_done = is_done || text == "done";
        line.clear();
    }
    if (!is_done) result.refusals.emplace_back("the check ended before it was through");
    return result;
}

} // namespace

check_result check(const std::vector<pattern>& patterns)
{
    if (!heaplings::hooks_active(hook::malloc)) throw heaplings::no_active_hook{hook::malloc};
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::system_error{errno, std::generic_category(), "pipe"};
    std::cout.flush();
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == -1) throw std::system_error{errno, std::generic_category(), "fork"};
    if (child == 0) check_in_child(patterns, fdopen(ends[1], "w"));

    close(ends[1]);
    std::FILE* from_child = fdopen(ends[0], "r");
    check_result result = read_result(from_child);
    std::fclose(from_child);
    waitpid(child, nullptr, 0);
    return result;
}

} // namespace bench
