// The spec of exercise 4, pick_victim.
//
// Lists first; then processes are made, and the kernel is asked. In the disposable kernel it is
// asked by sysrq f, elsewhere by the scores that it shows.
#include "spec/pick_victim.hpp"
#include "support/oom_killer.hpp"

#include <doctest/doctest.h>

#include <heaplings/oom_adjuster/adjustment.hpp>
#include <heaplings/oom_adjuster/prediction.hpp>
#include <heaplings/proc/oom_score.hpp>
#include <heaplings/proc/oom_score_adj.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace heaplings::literals;
using heaplings::bytes;

constexpr long megapages = 1'000'000; // a machine of 4 GB

std::string list_of(const std::vector<task>& tasks)
{
    std::string text;
    for (const task& each : tasks) {
        text += "\npid " + std::to_string(each.pid) + ": rss " + std::to_string(each.rss) +
                ", swap " + std::to_string(each.swap) + ", page tables " +
                std::to_string(each.page_tables) + ", oom_score_adj " + std::to_string(each.adj);
    }
    return text;
}

// 0: nobody.
pid_t chosen_of(const std::vector<task>& tasks, long total_pages)
{
    return next_victim(tasks.data(), tasks.size(), total_pages).value_or(0);
}

// The victim must be `expected`, wherever it stands in the list.
void check(std::vector<task> tasks, pid_t expected, long total_pages = megapages)
{
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        INFO("a machine of ", total_pages, " pages", list_of(tasks));
        REQUIRE(chosen_of(tasks, total_pages) == expected);
        std::rotate(tasks.begin(), tasks.begin() + 1, tasks.end());
    }
}

// A process to be made.
struct plan
{
    const char* name;
    bytes size;
    int adj;
    bool in_swap = false; // where there is swap
};

// Elsewhere than in the disposable kernel, 0 may be lower than one is allowed to go.
int usual_adj()
{
    return support::in_disposable_kernel() ? 0 : 300;
}

void push_to_swap(const support::mapping& memory)
{
#ifdef MADV_PAGEOUT
    ::madvise(memory.address, memory.size, MADV_PAGEOUT);
#else
    static_cast<void>(memory);
#endif
}

std::unique_ptr<support::stopped_child> make(const plan& wanted)
{
    return std::make_unique<support::stopped_child>([wanted] {
        heaplings::write_oom_score_adj(wanted.adj);
        const support::mapping memory = support::occupy(wanted.size);
        if (wanted.in_swap) push_to_swap(memory);
    });
}

task task_of(pid_t pid)
{
    const heaplings::process_id process{pid};
    const heaplings::status status = heaplings::read_status(process).value();
    const auto pages = [](const std::optional<bytes>& size) {
        return static_cast<long>(size.value_or(bytes{}) / heaplings::page_size());
    };
    return {pid, pages(status.resident), pages(status.swapped), pages(status.page_tables),
            heaplings::read_oom_score_adj(process).value()};
}

long total_pages_here()
{
    return static_cast<long>(heaplings::read_oom_machine().total_pages);
}

// Lets the kernel choose one of them, and tells which.
std::vector<pid_t> kernels_choice(const std::vector<task>& tasks)
{
    if (support::in_disposable_kernel()) {
        support::call_oom_killer();
        return {::waitpid(-1, nullptr, 0)};
    }
    // Outside nobody is killed: whoever has the greatest score may be next.
    std::map<int, std::vector<pid_t>> by_score;
    for (const task& each : tasks) {
        const heaplings::process_id process{each.pid};
        by_score[heaplings::read_oom_score(process).value()].push_back(each.pid);
    }
    return by_score.rbegin()->second;
}

std::string names_of(const std::vector<pid_t>& pids, const std::map<pid_t, std::string>& names)
{
    std::string text;
    for (const pid_t pid : pids) {
        const auto found = names.find(pid);
        if (!text.empty()) text += " or ";
        text += found == names.end() ? "pid " + std::to_string(pid) : found->second;
    }
    return text;
}

void check_with_kernel(const std::vector<plan>& plans)
{
    if (support::in_disposable_kernel()) support::outlive_oom_killer();
    std::vector<std::unique_ptr<support::stopped_child>> children;
    std::vector<task> tasks;
    std::map<pid_t, std::string> names;
    for (const plan& each : plans) {
        children.push_back(make(each));
        tasks.push_back(task_of(children.back()->pid()));
        names[tasks.back().pid] = each.name;
    }
    const pid_t yours = chosen_of(tasks, total_pages_here());
    const std::vector<pid_t> kernels = kernels_choice(tasks);
    if (support::in_disposable_kernel()) {
        for (const auto& child : children) child->note_end_of(kernels.front());
    }
    const bool agreed = std::ranges::count(kernels, yours) == 1;
    INFO("a machine of ", total_pages_here(), " pages", list_of(tasks));
    INFO("the kernel chose ", names_of(kernels, names), ", you chose ",
         yours == 0 ? std::string{"nobody"} : names_of({yours}, names));
    CHECK(agreed);
    if (agreed && support::in_disposable_kernel()) {
        MESSAGE("sysrq f killed ", names_of(kernels, names), ", as you said");
    }
}

} // namespace

TEST_CASE("of tasks that differ in size alone the largest is taken")
{
    check({{11, 500, 0, 0, 0}, {12, 30'000, 0, 0, 0}, {13, 29'999, 0, 0, 0}}, 12);
    check({{21, 7, 0, 0, 0}}, 21);
    check({{31, 500, 0, 0, 200}, {32, 30'000, 0, 0, 200}}, 32);
}

TEST_CASE("what is in swap counts, and so do page tables")
{
    check({{11, 30'000, 0, 0, 0}, {12, 100, 40'000, 0, 0}, {13, 20'000, 5'000, 0, 0}}, 12);
    check({{21, 30'000, 0, 60, 0}, {22, 29'000, 0, 2'000, 0}, {23, 29'500, 0, 50, 0}}, 22);
    check({{31, 10'000, 10'000, 1'001, 0}, {32, 21'000, 0, 0, 0}}, 31);
}

TEST_CASE("a positive oom_score_adj brings a task forward")
{
    check({{11, 300'000, 0, 0, 0}, {12, 100, 0, 0, 300}, {13, 100, 0, 0, 200}}, 12);
    check({{21, 300'000, 0, 0, 0}, {22, 100, 0, 0, 299}}, 21);
    check({{31, 900'000, 0, 0, 0}, {32, 0, 0, 1, 1000}}, 32);
}

TEST_CASE("a negative one protects a task, as far as it goes")
{
    check({{11, 300'000, 0, 0, -250}, {12, 40'000, 0, 0, 0}, {13, 30'000, 0, 0, 0}}, 11);
    check({{21, 300'000, 0, 0, -270}, {22, 40'000, 0, 0, 0}, {23, 30'000, 0, 0, 0}}, 22);
}

TEST_CASE("somebody is taken even when every badness is negative")
{
    check({{11, 100, 0, 0, -500}, {12, 100, 0, 0, -400}, {13, 90'000, 0, 0, -999}}, 12);
    check({{21, 0, 0, 0, -999}}, 21);
}

TEST_CASE("at -1000 a task is never taken, be it the only one")
{
    check({{11, 900'000, 0, 0, -1000}, {12, 10, 0, 0, -999}, {13, 20, 0, 0, -1000}}, 12);
    check({{21, 900'000, 90'000, 9'000, -1000}}, 0);
    check({{31, 900'000, 0, 0, -1000}, {32, 100, 0, 0, -1000}}, 0);
}

TEST_CASE("of no tasks none is taken")
{
    const task unasked{11, 30'000, 0, 0, 0};
    CHECK_FALSE(next_victim(nullptr, 0, megapages).has_value());
    CHECK_FALSE(next_victim(&unasked, 0, megapages).has_value());
}

TEST_CASE("tasks with the same score are told apart by their badness")
{
    INFO("all of these have an oom_score of 666");
    check({{11, 100, 0, 0, 0}, {12, 102, 0, 0, 0}, {13, 101, 0, 0, 0}}, 12);
}

TEST_CASE("a thousandth of the machine is rounded as the kernel rounds it")
{
    INFO("a thousandth of 5311 pages counts as 5 pages");
    check({{11, 2'600, 0, 0, 0}, {12, 10, 0, 0, 500}}, 11, 5311);
    check({{21, 2'400, 0, 0, 0}, {22, 10, 0, 0, 500}}, 22, 5311);
}

TEST_CASE("only the n tasks are looked at")
{
    const task list[] = {{11, 100, 0, 0, 0}, {12, 200, 0, 0, 0}, {13, 900'000, 0, 0, 0}};
    CHECK(next_victim(list, 2, megapages).value_or(0) == 12);
}

TEST_CASE("the kernel takes the same: a volunteer dies before a larger process")
{
    check_with_kernel({{"the large process (30 MiB)", 30_MiB, usual_adj()},
                       {"the volunteer (20 MiB)", 20_MiB, 1000}});
}

TEST_CASE("the kernel takes the same: of equals the larger one dies")
{
    check_with_kernel({{"the process of 8 MiB", 8_MiB, usual_adj()},
                       {"the process of 24 MiB", 24_MiB, usual_adj()},
                       {"the process of 16 MiB", 16_MiB, usual_adj()}});
}

TEST_CASE("the kernel takes the same: who is in swap is not forgotten")
{
    check_with_kernel({{"the process in memory (12 MiB)", 12_MiB, usual_adj()},
                       {"the process in swap (24 MiB)", 24_MiB, usual_adj(), true}});
}
