#include "verdict.hpp"

#include "answer_run.hpp"
#include "build.hpp"
#include "crash.hpp"
#include "object_gate.hpp"
#include "progress.hpp"
#include "text.hpp"
#include "valgrind_report.hpp"

#include <heaplings/error.hpp>

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

std::string quoted_place(const std::string& file, int line)
{
    return fmt::format("spec/{}:{}", file, line);
}

std::string describe(const failed_check& check)
{
    if (check.text.empty()) return wrapped("it threw: " + check.values, 4);
    const std::string place = quoted_place(check.file, check.line);
    std::string text = wrapped(fmt::format("{} ({})", check.text, place), 4);
    if (check.threw)
        text += wrapped("it threw: " + check.values, 6);
    else if (!check.values.empty())
        text += wrapped("it was: " + check.values, 6);
    for (const std::string& info : check.infos) {
        for (const std::string& line : split(info, '\n')) text += wrapped(line, 6);
    }
    return text;
}

std::string describe(const std::vector<failed_check>& checks)
{
    constexpr std::size_t most = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, checks.size()); ++i) text += describe(checks[i]);
    if (checks.size() > most) {
        text +=
            fmt::format("    and {} of this case\n",
                        quantity(static_cast<std::int64_t>(checks.size() - most), "more check"));
    }
    return text;
}

std::string describe_failures(const evidence& seen)
{
    constexpr int most = 3;
    std::string text;
    int described = 0;
    int left_out = 0;
    for (const finished_case& ran : seen.finished) {
        if (ran.passed) continue;
        if (++described > most) {
            ++left_out;
            continue;
        }
        text += wrapped(fmt::format("FAILS \"{}\"", ran.which.name), 2);
        text += ran.asserts == 0 && ran.failures.empty() ? "    it checked nothing\n"
                                                         : describe(ran.failures);
    }
    if (left_out > 0) text += fmt::format("  and {} more\n", left_out);
    return text;
}

std::string describe_messages(const evidence& seen)
{
    std::string text;
    for (const finished_case& ran : seen.finished) {
        for (const std::string& message : ran.messages) text += wrapped(message, 4);
    }
    return text.empty() ? text : "  seen on this machine:\n" + text;
}

// Compares what ran with what had to run, and fills in everything that the evidence tells.
void weigh_evidence(verdict& result, const evidence& seen, const std::vector<test_case>& expected)
{
    std::vector<test_case> missing = expected;
    std::string strange;
    std::size_t passed = 0;
    for (const finished_case& ran : seen.finished) {
        const auto wanted = std::ranges::find(missing, ran.which);
        if (wanted == missing.end()) {
            strange += fmt::format("  \"{}\" ({}:{}) is no test case of this exercise\n",
                                   ran.which.name, ran.which.file, ran.which.line);
            continue;
        }
        missing.erase(wanted);
        if (ran.passed && ran.asserts > 0)
            ++passed;
        else
            result.refused_by.push_back(ran.which.name);
    }
    if (seen.running) result.refused_by.push_back(seen.running->name);

    const bool all_ran = missing.empty() && seen.ended && !seen.running;
    result.completed = all_ran && strange.empty();
    result.is = result.completed && passed == expected.size() ? state::passed : state::failed;
    result.headline = result.is == state::passed
                          ? fmt::format("passes: {} of {} test cases", passed, expected.size())
                          : fmt::format("{} of {} test cases pass", passed, expected.size());
    result.details = strange + describe_failures(seen);
    if (result.is == state::passed) result.details += describe_messages(seen);
    if (seen.ended) {
        for (const test_case& one : missing) {
            result.details += fmt::format("  \"{}\" did not run\n", one.name);
        }
    }
}

std::string while_in(const evidence& seen)
{
    if (seen.running) {
        const std::string place = quoted_place(seen.running->file, seen.running->line);
        return wrapped(fmt::format("while in \"{}\" ({})", seen.running->name, place), 2) +
               describe(seen.unfinished.failures);
    }
    if (!seen.began) return "  before the first test case had started\n";
    if (seen.ended) return "  after the last test case\n";
    return "";
}

// If the program did not end as it should, that is what the learner must know first.
void weigh_end(verdict& result, const outcome& ran, const evidence& seen, const answer& given,
               run_kind kind)
{
    std::string how;
    if (ran.interrupted_by != 0) {
        result.is = state::interrupted;
        result.headline = "interrupted";
        return;
    }
    if (!ran.stopped.empty()) {
        how = ran.stopped;
    } else if (ran.stopped_by) {
        how = explain(*ran.stopped_by, limits_of(kind));
    } else if (!seen.crash.empty()) {
        how = describe_crash(seen.crash, given.program, given.file);
    } else if (WIFSIGNALED(ran.status)) {
        how = fmt::format("killed by signal {} ({})", WTERMSIG(ran.status),
                          ::strsignal(WTERMSIG(ran.status)));
    } else if (!seen.ended) {
        how = fmt::format("ended early (exit status {}), before its tests were done",
                          WEXITSTATUS(ran.status));
    } else if (result.is == state::passed && WEXITSTATUS(ran.status) != 0) {
        how = fmt::format("ended with exit status {} after its tests", WEXITSTATUS(ran.status));
    }
    if (how.empty()) return;
    result.is = state::failed;
    result.completed = false;
    result.headline = how;
    result.details = while_in(seen) + result.details;
}

// "definitely lost, invalid read of size 4", each kind once
std::string kinds_of(const valgrind_report& report)
{
    std::vector<std::string> kinds;
    for (const valgrind_finding& found : report.findings) {
        if (std::ranges::find(kinds, found.kind) == kinds.end()) kinds.push_back(found.kind);
    }
    return fmt::format("{}", fmt::join(kinds, ", "));
}

void weigh_valgrind(verdict& result, const answer& given)
{
    valgrind_report report;
    try {
        report = read_valgrind_xml(given.work / "valgrind.xml");
    } catch (const parse_error&) { // it could not start: what it printed says why
        result.is = state::failed;
        result.headline = "Valgrind did not run: see ./heaplings doctor";
        return;
    }
    const std::filesystem::path log = given.work / "valgrind.txt";
    write_file(log, full_text(report));
    for (const auto& found : report.findings) result.findings.push_back(found.kind);
    if (result.is == state::passed && report.finished && report.findings.empty()) {
        result.headline = "passes: no leak and no memory error";
        return;
    }
    if (result.is == state::passed) {
        result.headline =
            report.finished ? "Valgrind finds: " + kinds_of(report) : "Valgrind did not finish";
    }
    result.is = state::failed;
    result.details += summarise(report, given.file);
    result.details += fmt::format("  full report: {}\n", shown(log));
}

verdict skipped_without_kernel(const kernel_result& why)
{
    verdict result;
    result.is = state::unavailable;
    result.headline = fmt::format("skipped, no disposable kernel here: {}", why.reason);
    if (!why.remedy.empty()) result.details = wrapped(why.remedy, 2);
    return result;
}

// The compiler names the file by its whole path.
std::string with_short_path(std::string text, const std::filesystem::path& file)
{
    const std::string whole = file.string();
    const std::string brief = shown(file);
    for (std::size_t at = 0; (at = text.find(whole, at)) != std::string::npos; at += brief.size()) {
        text.replace(at, whole.size(), brief);
    }
    return text;
}

// A verdict without a run.
verdict refuse(state is, std::string headline, std::string details = "")
{
    verdict result;
    result.is = is;
    result.headline = std::move(headline);
    result.details = std::move(details);
    return result;
}

} // namespace

std::string_view name_of(state s)
{
    switch (s) {
    case state::passed:
        return "passed";
    case state::failed:
        return "failed";
    case state::not_built:
        return "not_built";
    case state::missing:
        return "missing";
    case state::waiting:
        return "waiting";
    case state::unavailable:
        return "unavailable";
    case state::interrupted:
        return "interrupted";
    }
    return "unknown";
}

verdict judge(const answer& given, run_kind kind, const std::filesystem::path& valgrind)
{
    verdict result;
    if (!given.object.empty()) {
        if (const auto why = why_not_judged(given.object, given.defines)) {
            result.headline = *why;
            return result;
        }
    }
    const std::vector<test_case> expected = read_expected(given.cases);
    const answer_run done = run_answer(given, kind, valgrind);
    if (done.no_kernel) return skipped_without_kernel(*done.no_kernel);
    result.took = done.ran.took;
    const evidence seen = read_evidence(done.ran.evidence, done.key);

    weigh_evidence(result, seen, expected);
    weigh_end(result, done.ran, seen, given, kind);
    if (kind == run_kind::valgrind && result.is != state::interrupted) {
        weigh_valgrind(result, given);
    }
    result.details = tame(result.details + done.kill);
    result.output = tame(done.ran.output);
    return result;
}

std::optional<verdict> why_not_run(const course& all, const exercise& e)
{
    if (!std::filesystem::exists(e.file)) {
        return refuse(state::missing,
                      fmt::format("{} is missing; `./heaplings reset {}` brings it back",
                                  shown(e.file), e.name));
    }
    if (const auto errors = build_errors(e)) {
        // What can't be linked may have a reason that is better said in words.
        if (std::filesystem::exists(object_of(e))) {
            if (const auto why = why_not_judged(object_of(e), e.defines)) {
                return refuse(state::not_built, *why);
            }
        }
        return refuse(state::not_built, "does not compile",
                      indent(tame(with_short_path(first_error(*errors), e.file)), "  "));
    }
    if (!is_fresh(e)) {
        return refuse(state::not_built, fmt::format("is not built; what the build said is in {}",
                                                    shown(all.build / "last_build.log")));
    }
    return std::nullopt;
}

verdict judge_exercise(const course& all, const exercise& e, run_kind kind)
{
    if (const auto why = why_not_run(all, e)) return *why;
    if (kind != e.runs.front()) {
        const auto first = recall(e, e.runs.front());
        if (!first || first->is != state::passed) {
            return refuse(state::waiting,
                          fmt::format("{} waits until the test cases pass",
                                      kind == run_kind::valgrind ? "Valgrind" : "the kernel"));
        }
    }
    if (kind == run_kind::valgrind) {
        if (::access(all.valgrind.c_str(), X_OK) != 0) {
            return refuse(state::unavailable,
                          "no Valgrind on this machine: ./heaplings installs it");
        }
    }
    return judge({e.program(), object_of(e), e.cases(), e.work, e.file.filename().string(),
                  e.defines, e.machine},
                 kind, all.valgrind);
}

} // namespace heaplings::tools
