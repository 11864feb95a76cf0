// What the leak counter, Valgrind and AddressSanitizer with LeakSanitizer find in the programs:
//     faults_table VALGRIND PROGRAMS PLAIN ASAN [COUNTER...]
// Prints a table and the sums. Fails if a counter misses one of the faults that a program's first
// lines name, or gives a false alarm; what the others find is only shown. Each program runs in a
// process of its own under a time limit.
//
// The others look at the end of the process, and what is still reachable then does not count: a
// cache is no fault, but for them neither is a block that a global variable keeps for nobody. A
// program whose fault shows only when an allocation fails runs for them without that.
#include "process.hpp"
#include "text.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using heaplings::tools::finished_command;
using heaplings::tools::read_file;
using heaplings::tools::run_command;
using heaplings::tools::split;

// What is wrong with a program: as its author says, or as a checker does.
struct faults
{
    bool leak = false;
    bool bad_free = false;
    std::string trouble;     // of the run itself, which then says nothing
    bool not_linked = false; // nothing to run: a static executable has no dlopen

    [[nodiscard]] bool any() const { return leak || bad_free; }
    [[nodiscard]] friend bool operator==(const faults&, const faults&) = default;
};

struct program
{
    std::string kind;
    std::string name;
    faults expected;
    bool each_allocation_failing = false;
};

// One column of the table.
struct checker
{
    std::string name;
    std::vector<std::string> command; // the program's name follows
    faults (*read)(const finished_command& run);
    bool can_fail_allocations = false;
    int seconds = 60; // for a run
};

constexpr std::string_view failing = "each-allocation-failing";

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what)
{
    throw std::runtime_error{fmt::format("{}: {}", file.string(), what)};
}

program read_program(const std::filesystem::path& file)
{
    constexpr std::string_view expects = "// expects: ";
    constexpr std::string_view runs = "// run: ";
    program read{file.parent_path().filename(), file.stem(), {}, false};
    bool said = false;
    for (const std::string& line : split(read_file(file).value_or(""), '\n')) {
        if (line.starts_with(expects)) {
            const std::string fault = line.substr(expects.size());
            said = true;
            if (fault == "leak")
                read.expected.leak = true;
            else if (fault == "bad free")
                read.expected.bad_free = true;
            else if (fault != "nothing")
                refuse(file, "expects nothing, leak or bad free, not: " + fault);
        } else if (line.starts_with(runs)) {
            if (line.substr(runs.size()) != "each allocation failing")
                refuse(file, "there is one other way to run: each allocation failing");
            read.each_allocation_failing = true;
        }
    }
    if (!said) refuse(file, "no line `// expects: nothing | leak | bad free`");
    return read;
}

std::vector<program> read_programs(const std::filesystem::path& folder)
{
    std::vector<program> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
        if (entry.path().extension() == ".cpp") all.push_back(read_program(entry.path()));
    }
    std::ranges::sort(all, {}, [](const program& p) { return std::pair{p.kind, p.name}; });
    return all;
}

bool says(const finished_command& run, std::string_view text)
{
    return run.said.find(text) != std::string::npos;
}

// A run that ended in a way that the checker has no word for.
faults unexplained(const finished_command& run)
{
    constexpr int out_of_time = 124; // timeout(1)
    if (run.status == out_of_time) return {.trouble = "out of time"};
    return {.trouble = fmt::format("ended with {}", run.status)};
}

faults read_counter(const finished_command& run)
{
    constexpr int finished = 64;       // main_counted.cpp
    constexpr int no_such_program = 2; // registry.hpp
    if (run.status == no_such_program) return {.trouble = "", .not_linked = true};
    if (run.status < finished || run.status > finished + 3) return unexplained(run);
    return {.leak = ((run.status - finished) & 1) != 0,
            .bad_free = ((run.status - finished) & 2) != 0,
            .trouble = ""};
}

faults read_valgrind(const finished_command& run)
{
    faults found{.leak = says(run, " lost in loss record "),
                 .bad_free = says(run, "Invalid free()") || says(run, "Mismatched free()"),
                 .trouble = ""};
    return found.any() || run.status == 0 ? found : unexplained(run);
}

faults read_sanitizer(const finished_command& run)
{
    const auto is_bad_free = [&run](std::string_view text) { return says(run, text); };
    constexpr std::string_view bad_frees[] = {
        "attempting double-free", "attempting free on address which was not malloc()-ed",
        "alloc-dealloc-mismatch", "new-delete-type-mismatch"};
    faults found{.leak = says(run, "LeakSanitizer: detected memory leaks"),
                 .bad_free = std::ranges::any_of(bad_frees, is_bad_free),
                 .trouble = ""};
    return found.any() || run.status == 0 ? found : unexplained(run);
}

faults check(const checker& by, const program& of)
{
    std::vector<std::string> command{"timeout", "--kill-after=5", std::to_string(by.seconds)};
    command.insert(command.end(), by.command.begin(), by.command.end());
    command.push_back(of.name);
    if (of.each_allocation_failing && by.can_fail_allocations) command.emplace_back(failing);
    return by.read(run_command(command));
}

// All cells, row by row; as many runs at a time as there are processors.
std::vector<std::vector<faults>> check_all(const std::vector<checker>& checkers,
                                           const std::vector<program>& programs)
{
    std::vector<std::vector<faults>> cells(programs.size(), std::vector<faults>(checkers.size()));
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < programs.size() * checkers.size(); i = next++) {
            const std::size_t row = i / checkers.size();
            const std::size_t column = i % checkers.size();
            cells[row][column] = check(checkers[column], programs[row]);
        }
    };
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
        workers.emplace_back(work);
    }
    for (std::thread& worker : workers) worker.join();
    return cells;
}

// What a checker's finding is worth. One fault of two is seen: the other may be hidden by the
// first.
enum class worth { silent, false_alarm, seen, missed };

worth judge(const faults& expected, const faults& found)
{
    const bool wrong = (found.leak && !expected.leak) || (found.bad_free && !expected.bad_free);
    if (wrong) return worth::false_alarm;
    if (!expected.any()) return worth::silent;
    return found.any() ? worth::seen : worth::missed;
}

std::string words(const faults& of)
{
    if (!of.trouble.empty()) return of.trouble;
    if (!of.any()) return "nothing";
    return of.leak && of.bad_free ? "leak, bad free" : of.leak ? "leak" : "bad free";
}

std::string cell(const faults& expected, const faults& found)
{
    if (!found.trouble.empty()) return found.trouble;
    if (found.not_linked) return "not linked";
    switch (judge(expected, found)) {
    case worth::silent:
        return "-";
    case worth::seen:
        return "seen";
    case worth::missed:
        return "missed";
    case worth::false_alarm:
        return "false: " + words(found);
    }
    return "";
}

void print_row(const program& row, const std::string& expects,
               const std::vector<std::string>& cells)
{
    fmt::print("{:<20} {:<30} {:<16}", row.kind, row.name, expects);
    for (const std::string& text : cells) fmt::print(" {:<15}", text);
    fmt::print("{}\n", row.each_allocation_failing ? " each allocation failing" : "");
}

void print_sums(const std::vector<checker>& checkers, const std::vector<program>& programs,
                const std::vector<std::vector<faults>>& cells)
{
    const auto bad =
        std::ranges::count_if(programs, [](const program& p) { return p.expected.any(); });
    fmt::print("\n{} programs: {} bad, {} good\n", programs.size(), bad,
               static_cast<std::ptrdiff_t>(programs.size()) - bad);
    for (std::size_t column = 0; column < checkers.size(); ++column) {
        std::map<worth, int> sums;
        int troubles = 0;
        for (std::size_t row = 0; row < programs.size(); ++row) {
            ++sums[judge(programs[row].expected, cells[row][column])];
            if (!cells[row][column].trouble.empty()) ++troubles;
        }
        fmt::print("{:<15} {} seen, {} missed, {} false alarms, {} broken runs\n",
                   checkers[column].name, sums[worth::seen], sums[worth::missed],
                   sums[worth::false_alarm], troubles);
    }
}

// For the counters each fault must be found, and nothing else.
int complain(const std::vector<checker>& checkers, const std::vector<program>& programs,
             const std::vector<std::vector<faults>>& cells)
{
    int complaints = 0;
    for (std::size_t row = 0; row < programs.size(); ++row) {
        for (std::size_t column = 0; column < checkers.size(); ++column) {
            const faults& found = cells[row][column];
            if (checkers[column].read != read_counter) continue;
            if (found.not_linked && !programs[row].expected.any()) continue;
            if (found == programs[row].expected) continue;
            ++complaints;
            fmt::print("WRONG: {} finds in {}: {}; there is: {}\n", checkers[column].name,
                       programs[row].name, words(found), words(programs[row].expected));
        }
    }
    return complaints;
}

std::vector<checker> checkers_of(const std::vector<std::string>& arguments)
{
    const std::string& valgrind = arguments[0];
    const std::string& plain = arguments[2];
    const std::string& asan = arguments[3];
    std::vector<checker> all;
    for (std::size_t i = 4; i < arguments.size(); ++i) {
        const std::string form = std::filesystem::path{arguments[i]}.extension();
        all.push_back({"counter " + form.substr(1), {arguments[i]}, read_counter, true, 10});
    }
    all.push_back({"valgrind",
                   {valgrind, "--command-line-only=yes", "-q", "--error-exitcode=99",
                    "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
                    "--errors-for-leak-kinds=definite,indirect,possible", "--read-inline-info=no",
                    "--child-silent-after-fork=yes", plain},
                   read_valgrind,
                   false});
    all.push_back({"asan+lsan",
                   {"env", "ASAN_OPTIONS=detect_leaks=1:exitcode=99", asan},
                   read_sanitizer,
                   false});
    return all;
}

} // namespace

int main(int argc, char** argv)
try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() < 4) {
        throw std::runtime_error{"usage: faults_table VALGRIND PROGRAMS PLAIN ASAN [COUNTER...]"};
    }
    const std::vector<program> programs = read_programs(arguments[1]);
    const std::vector<checker> checkers = checkers_of(arguments);
    const auto cells = check_all(checkers, programs);

    std::vector<std::string> heads;
    for (const checker& by : checkers) heads.push_back(by.name);
    print_row({"kind", "program", {}, false}, "expects", heads);
    for (std::size_t row = 0; row < programs.size(); ++row) {
        std::vector<std::string> texts;
        for (const faults& found : cells[row]) {
            texts.push_back(cell(programs[row].expected, found));
        }
        print_row(programs[row], words(programs[row].expected), texts);
    }
    print_sums(checkers, programs, cells);
    return complain(checkers, programs, cells) == 0 ? 0 : 1;
} catch (const std::exception& e) {
    fmt::print(stderr, "broken: {}\n", e.what());
    return 1;
}
