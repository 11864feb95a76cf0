// What the course promises about its exercises, checked with the same judge that learners have:
//   contract complete                          each exercise has all its parts
//   contract shipped  ID PROGRAM OBJECT SOURCE   as shipped it fails by a CHECK, not by a crash or
//   a time-out contract solution ID PROGRAM OBJECT SOURCE   the solution passes every run contract
//   mutant   ID PROGRAM OBJECT SOURCE   a wrong answer is refused by what its first lines name:
//                                                // refused by: <name of a test case>
//                                                // refused by valgrind: <kind of error>
//                                                // refused by kernel: <name of a test case>
#include "course.hpp"
#include "notes.hpp"
#include "text.hpp"
#include "verdict.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <string>
#include <vector>

namespace {

using namespace heaplings::tools;

constexpr int skipped = 77; // SKIP_RETURN_CODE
int exit_status = 0;

struct broken_contract : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

void demand(bool condition, const std::string& otherwise)
{
    if (!condition) throw broken_contract{otherwise};
}

std::string text_of(const verdict& v)
{
    return fmt::format("{}: {}\n{}{}", name_of(v.is), v.headline, v.details, v.output);
}

// The contract can't be checked on this machine: ctest shows it as skipped.
bool is_skipped(const verdict& v)
{
    if (v.is != state::unavailable) return false;
    fmt::print("{}\n", text_of(v));
    exit_status = skipped;
    return true;
}

std::vector<std::string> marked_lines(const std::string& source, const std::string& mark)
{
    std::vector<std::string> found;
    for (const std::string& line : split(source, '\n')) {
        if (line.starts_with(mark)) found.push_back(line.substr(mark.size()));
    }
    return found;
}

void check_shipped(const course& all, const exercise& e, const answer& given)
{
    const verdict v = judge(given, e.runs.front(), all.valgrind);
    if (is_skipped(v)) return;
    fmt::print("{}\n", text_of(v));
    demand(v.is == state::failed, "as shipped it must fail");
    demand(v.completed, "as shipped it must fail by its CHECKs: each case must run to its end");
    demand(!v.refused_by.empty(), "as shipped it must fail by a CHECK of its spec");
}

void check_solution(const course& all, const exercise& e, const answer& given)
{
    for (const run_kind kind : e.runs) {
        const verdict v = judge(given, kind, all.valgrind);
        if (is_skipped(v)) return;
        fmt::print("{} {}\n", name_of(kind), text_of(v));
        demand(v.is == state::passed, fmt::format("the solution must pass ({})", name_of(kind)));
    }
}

void demand_refusal(const verdict& v, const std::vector<std::string>& cases)
{
    for (const std::string& name : cases) {
        demand(std::ranges::count(v.refused_by, name) > 0,
               fmt::format("it must be refused by the test case \"{}\"", name));
    }
}

void check_mutant(const course& all, const exercise& e, const answer& given,
                  const std::filesystem::path& source)
{
    const std::string text = read_file(source).value_or("");
    const auto cases = marked_lines(text, "// refused by: ");
    const auto kinds = marked_lines(text, "// refused by valgrind: ");
    const auto in_kernel = marked_lines(text, "// refused by kernel: ");
    demand(!cases.empty() || !kinds.empty() || !in_kernel.empty(),
           "its first lines must name what refuses it: '// refused by: <test case>', "
           "'// refused by valgrind: <kind>' or '// refused by kernel: <test case>'");

    const verdict first = judge(given, e.runs.front(), all.valgrind);
    if (is_skipped(first)) return;
    fmt::print("{}\n", text_of(first));
    demand_refusal(first, cases);
    if (!in_kernel.empty()) {
        const verdict inside = judge(given, run_kind::kernel, all.valgrind);
        if (is_skipped(inside)) return;
        fmt::print("{}\n", text_of(inside));
        demand_refusal(inside, in_kernel);
    }
    if (kinds.empty()) return;
    demand(first.is == state::passed, "only Valgrind sees it: its test cases must pass");
    const verdict checked = judge(given, run_kind::valgrind, all.valgrind);
    fmt::print("{}\n", text_of(checked));
    for (const std::string& kind : kinds) {
        demand(std::ranges::any_of(
                   checked.findings,
                   [&](const std::string& found) { return found.find(kind) != std::string::npos; }),
               fmt::format("Valgrind must find: {}", kind));
    }
}

void check_complete(const course& all)
{
    for (const exercise& e : all.exercises) {
        const auto shipped = read_file(e.shipped);
        demand(shipped.has_value(), fmt::format("{} is missing", e.shipped.string()));
        // A learner may run these tests in a tree that holds answers.
        if (std::getenv("CI") != nullptr) {
            demand(read_file(e.file) == shipped, fmt::format("{} and {} must be the same text",
                                                             e.file.string(), e.shipped.string()));
        }
        static_cast<void>(read_notes(e.notes)); // throws if a part is missing
        std::size_t mutants = 0;
        for (const auto& file :
             std::filesystem::directory_iterator{all.source / "tests" / "mutants" / e.name}) {
            if (file.path().extension() == ".cpp") ++mutants;
        }
        demand(mutants >= 3,
               fmt::format("{} has {} recorded wrong answers, 3 are the least", e.name, mutants));
        fmt::print("{}: {} wrong answers\n", e.id, mutants);
    }
}

} // namespace

int main(int argc, char** argv)
try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const course all = load_course(HEAPLINGS_BUILD);
    if (arguments == std::vector<std::string>{"complete"}) {
        check_complete(all);
        return 0;
    }
    demand(arguments.size() == 5,
           "usage: contract shipped|solution|mutant ID PROGRAM OBJECT SOURCE");
    const exercise& e = find_exercise(all, arguments[1]);
    const std::filesystem::path source = arguments[4];
    const std::filesystem::path work = std::filesystem::path{arguments[2]}.string() + ".work";
    std::filesystem::create_directories(work);
    const answer given{arguments[2], arguments[3], e.cases(), work, source.filename().string(),
                       e.defines,    e.machine};
    if (arguments[0] == "shipped")
        check_shipped(all, e, given);
    else if (arguments[0] == "solution")
        check_solution(all, e, given);
    else if (arguments[0] == "mutant")
        check_mutant(all, e, given, source);
    else
        throw broken_contract{"unknown contract " + arguments[0]};
    return exit_status;
} catch (const std::exception& e) {
    fmt::print(stderr, "broken: {}\n", e.what());
    return 1;
}
