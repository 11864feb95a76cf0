// Recorded logs, and some written after the kernel's source, against the facts that stand beside
// them as JSON.
#include <heaplings/kernel_log.hpp>

#include "kernel_log_texts.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using heaplings::bytes;
using heaplings::oom_report;
using heaplings::oom_trigger;
using nlohmann::json;

namespace {

template <typename Value>
json or_null(const std::optional<Value>& value)
{
    return value ? json(*value) : json();
}

template <typename Value>
void set(json& object, const char* key, const std::optional<Value>& value)
{
    if (value) object[key] = *value;
}
void set_kb(json& object, const char* key, const std::optional<bytes>& size)
{
    if (size) object[key] = *size / bytes{1024};
}

json victim_facts(const heaplings::oom_victim& victim)
{
    json facts{{"pid", victim.pid}, {"name", victim.name}};
    set(facts, "uid", victim.uid);
    set_kb(facts, "total_vm_kb", victim.total_vm);
    set_kb(facts, "anon_rss_kb", victim.anon);
    set_kb(facts, "file_rss_kb", victim.file);
    set_kb(facts, "shmem_rss_kb", victim.shmem);
    set_kb(facts, "pgtables_kb", victim.page_tables);
    set(facts, "oom_score_adj", victim.oom_score_adj);
    return facts;
}

// The lines of kills: the first victim of a group kill is printed again at the end.
json kill_facts(const oom_report& report)
{
    json kills = json::array();
    for (const auto& victim : report.victims) kills.push_back(victim_facts(victim));
    if (!report.victims.empty() && report.victims.front().times_printed > 1) {
        kills.push_back(victim_facts(report.victims.front()));
    }
    return kills;
}

json reaping_facts(const oom_report& report)
{
    json reaped = json::array();
    for (const auto& reaping : report.reaped) {
        json facts{{"pid", reaping.pid}, {"name", reaping.name}, {"succeeded", reaping.succeeded}};
        set_kb(facts, "anon_rss_kb", reaping.anon);
        set_kb(facts, "file_rss_kb", reaping.file);
        set_kb(facts, "shmem_rss_kb", reaping.shmem);
        reaped.push_back(facts);
    }
    return reaped;
}

json trigger_fact(const oom_report& report)
{
    if (!report.trigger) return {};
    switch (*report.trigger) {
    case oom_trigger::global:
        return report.kills_allocating_task ? "allocating_task" : "global";
    case oom_trigger::memory_cgroup:
        return "memcg";
    case oom_trigger::cpuset:
        return "cpuset";
    case oom_trigger::memory_policy:
        return "memory_policy";
    case oom_trigger::sysrq:
        break;
    }
    return "sysrq";
}

json chosen_fact(const oom_report& report)
{
    if (!report.chosen) return {};
    json facts{{"pid", report.chosen->pid}, {"name", report.chosen->name}};
    set(facts, "uid", report.chosen->uid);
    set(facts, "score", report.chosen->badness);
    return facts;
}

// All that a file of facts may ask of a report, by the same names.
json facts_of(const oom_report& report)
{
    json facts;
    facts["invoker"] = or_null(report.invoker);
    facts["invoker_pid"] = or_null(report.invoker_pid);
    facts["invoker_oom_score_adj"] = or_null(report.invoker_oom_score_adj);
    facts["trigger"] = trigger_fact(report);
    facts["constraint"] = report.constraint ? json(to_string(*report.constraint)) : json();
    if (report.gfp_mask) facts["gfp_mask"] = kernel_log_texts::print("0x%lx", *report.gfp_mask);
    facts["order"] = or_null(report.order);
    facts["nodemask"] = or_null(report.nodemask);
    facts["cpuset"] = or_null(report.cpuset);
    facts["mems_allowed"] = or_null(report.mems_allowed);
    facts["global_oom"] = report.constraint && !report.oom_cgroup;
    facts["oom_memcg"] = or_null(report.oom_cgroup);
    facts["task_memcg"] = or_null(report.task_cgroup);
    facts["oom_group"] = or_null(report.group_kill);
    if (report.memory) {
        facts["memcg_usage_kb"] = report.memory->usage / bytes{1024};
        facts["memcg_limit_kb"] = report.memory->limit / bytes{1024};
        facts["memcg_failcnt"] = report.memory->failures;
    }
    facts["task_columns"] = report.task_columns;
    facts["task_rows"] = report.tasks.size();
    facts["chosen"] = chosen_fact(report);
    facts["victims"] = kill_facts(report);
    facts["distinct_victims"] = report.victims.size();
    facts["reaped"] = reaping_facts(report);
    facts["no_killable"] = report.no_killable_process;
    facts["panicked"] = report.panicked;
    return facts;
}

std::vector<std::filesystem::path> files_of_facts()
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{kernel_log_texts::recorded("")}) {
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    return files;
}

} // namespace

TEST_CASE("every fact of every log is read right")
{
    const auto files = files_of_facts();
    REQUIRE(files.size() >= 20);
    for (auto file : files) {
        const std::string name = file.stem();
        CAPTURE(name);
        const json expected = json::parse(kernel_log_texts::read_file(file));
        const std::string text = kernel_log_texts::read_file(file.replace_extension(".txt"));
        const auto log = heaplings::read_oom_reports(text, bytes{4096});

        const json& events = expected.at("events");
        REQUIRE(log.reports.size() == events.size());
        for (std::size_t i = 0; i < events.size(); ++i) {
            CAPTURE(i);
            const json facts = facts_of(log.reports[i]);
            for (const auto& fact : events[i].items()) {
                const std::string& key = fact.key();
                CAPTURE(key);
                REQUIRE(facts.contains(key));
                CHECK(facts[key] == fact.value());
            }
        }
        std::vector<std::size_t> unread;
        for (const auto& line : log.unread) unread.push_back(line.line);
        CHECK(unread == expected.value("unread_lines", std::vector<std::size_t>{}));
    }
}

TEST_CASE("the names in a recorded task table are whole, and its pages are bytes")
{
    const auto path = kernel_log_texts::recorded("vm_6.1.0_global_kmsg.txt");
    const auto log = heaplings::read_oom_reports(kernel_log_texts::read_file(path), bytes{4096});
    REQUIRE(log.reports.size() == 2);
    const auto& tasks = log.reports[0].tasks;
    REQUIRE(tasks.size() == 7);
    CHECK(tasks[0].name == "protected");
    CHECK(tasks[2].name == "a b) [c] (d");
    CHECK(tasks[3].name == "new\nline");
    CHECK(tasks[5].name == "[brackets]");
    CHECK(tasks[6].name == "hog) (total-vm:");
    CHECK(tasks[3].pid == 87);
    CHECK(tasks[3].tgid == 87);
    CHECK(tasks[3].total_vm == 5426 * bytes{4096});
    CHECK(tasks[3].resident == 5156 * bytes{4096});
    CHECK(tasks[3].page_tables == bytes{81'920});
    CHECK(tasks[3].swapped == bytes{0});
    CHECK(tasks[0].oom_score_adj == -1000);
    CHECK_FALSE(tasks[3].anon);
}

TEST_CASE("the size of a page is that of the machine which wrote the log")
{
    const auto path = kernel_log_texts::recorded("host_6.18_memcgv1_dmesg_plain.txt");
    const auto log = heaplings::read_oom_reports(kernel_log_texts::read_file(path), bytes{65'536});
    REQUIRE(log.reports.size() == 1);
    REQUIRE(log.reports[0].tasks.size() == 1);
    const auto& task = log.reports[0].tasks[0];
    CHECK(task.total_vm == 36'731 * bytes{65'536});
    CHECK(task.anon == 13'481 * bytes{65'536});
    CHECK(task.file == 1208 * bytes{65'536});
    CHECK(task.shmem == bytes{0});
    CHECK(task.page_tables == bytes{167'936});
    CHECK(log.reports[0].victims[0].total_vm == 146'924 * bytes{1024});
}

TEST_CASE("levels of page tables that have a column each are added up")
{
    const auto path = kernel_log_texts::recorded("written_4.4_global_dmesg_x.txt");
    const auto log = heaplings::read_oom_reports(kernel_log_texts::read_file(path), bytes{4096});
    REQUIRE(log.reports.size() == 1);
    REQUIRE(log.reports[0].tasks.size() == 3);
    CHECK(log.reports[0].tasks[1].page_tables == (481 + 5) * bytes{4096});
    CHECK(log.reports[0].tasks[1].swapped == 1200 * bytes{4096});
}

TEST_CASE("the counters of a memory cgroup tell whether there is a limit")
{
    const auto path = kernel_log_texts::recorded("host_6.18_memcgv1_dmesg_T.txt");
    const auto log = heaplings::read_oom_reports(kernel_log_texts::read_file(path), bytes{4096});
    REQUIRE(log.reports.size() == 1);
    const auto& report = log.reports[0];
    REQUIRE(report.memory);
    REQUIRE(report.memory_and_swap);
    REQUIRE(report.kernel_memory);
    CHECK(report.memory->is_limited());
    CHECK_FALSE(report.memory_and_swap->is_limited());
    CHECK(report.kernel_memory->usage == 100 * bytes{1024});
    CHECK_FALSE(report.swap);
}
