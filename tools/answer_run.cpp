#include "answer_run.hpp"

#include "kernel/kernel_run.hpp"
#include "kill_shown.hpp"
#include "system_error.hpp"
#include "text.hpp"
#include "valgrind_report.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

constexpr int evidence_descriptor = 100;
constexpr int report_descriptor = 101;

// The judge's main repeats it on every line, so that a stray write can't be taken for evidence.
std::string fresh_key()
{
    std::array<std::uint32_t, 4> random{};
    if (::getentropy(random.data(), sizeof random) != 0) fail("cannot get random numbers");
    return fmt::format("{:08x}", fmt::join(random, ""));
}

outcome run_under_guard(const answer& given, run_kind kind, const std::filesystem::path& valgrind,
                        const std::string& key)
{
    command run;
    if (kind == run_kind::valgrind) {
        run.argv = valgrind_command(valgrind, report_descriptor);
        run.report = given.work / "valgrind.xml";
        run.report_descriptor = report_descriptor;
    }
    run.argv.insert(run.argv.end(),
                    {given.program.string(), "--heaplings-evidence",
                     std::to_string(evidence_descriptor), std::string{name_of(kind)}});
    run.environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
    run.evidence_descriptor = evidence_descriptor;
    run.challenge = key;
    return run_guarded(run, limits_of(kind));
}

// As under the guard, but in a machine of its own, whose memory is the only other limit.
captured_kernel_run run_in_machine(const answer& given, const std::string& key)
{
    const limits allowed = limits_of(run_kind::kernel);
    kernel_machine machine = given.machine;
    machine.time_limit = allowed.wall;
    kernel_command run;
    run.argv = {given.program.string(), "--heaplings-evidence", std::to_string(evidence_descriptor),
                std::string{name_of(run_kind::kernel)}};
    run.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"};
    run.directory = "/run"; // can be written to
    run.evidence_descriptor = evidence_descriptor;
    run.challenge = key;
    run.watch_memory = true;
    return capture_in_kernel(run, machine, allowed.output);
}

outcome outcome_of(const captured_kernel_run& run)
{
    outcome ran;
    ran.output = run.output + run.error;
    ran.evidence = run.evidence;
    ran.status = run.result.status;
    ran.took = run.result.took;
    switch (run.result.ending) {
    case kernel_ending::timed_out:
        ran.stopped_by = limit::wall;
        break;
    case kernel_ending::too_much_output:
        ran.stopped_by = limit::output;
        break;
    case kernel_ending::interrupted:
        ran.interrupted_by = run.result.interrupted_by;
        break;
    case kernel_ending::stopped:
        ran.stopped = fmt::format("the machine stopped: {}", run.result.reason);
        break;
    case kernel_ending::not_run:
        ran.stopped =
            fmt::format("cannot be run inside the machine: {}", std::strerror(run.result.error));
        break;
    default:
        break;
    }
    return ran;
}

} // namespace

limits limits_of(run_kind kind)
{
    limits most;
    if (kind == run_kind::valgrind) { // some 20 to 50 times slower, and every byte has its shadow
        most.wall = std::chrono::seconds{30};
        most.cpu = std::chrono::seconds{25};
        most.memory = bytes{std::int64_t{1} << 30};
    }
    if (kind == run_kind::kernel) most.wall = std::chrono::seconds{20};
    return most;
}

answer_run run_answer(const answer& given, run_kind kind, const std::filesystem::path& valgrind)
{
    answer_run done;
    done.key = fresh_key();
    if (kind != run_kind::kernel) {
        done.ran = run_under_guard(given, kind, valgrind, done.key);
        return done;
    }
    const captured_kernel_run inside = run_in_machine(given, done.key);
    if (inside.result.ending == kernel_ending::no_kernel) {
        done.no_kernel = inside.result;
        return done;
    }
    write_file(given.work / "kernel.txt", inside.log);
    done.ran = outcome_of(inside);
    done.kill = show_last_kill(inside.log, inside.result.free_until_kill);
    return done;
}

} // namespace heaplings::tools
