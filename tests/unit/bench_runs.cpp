#include "allocators.hpp"
#include "machine.hpp"
#include "program_run.hpp"
#include "scratch_folder.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace heaplings::bench;
using namespace std::chrono_literals;
namespace tools = heaplings::tools;

namespace {

program_run shell(const std::string& command, const scratch_folder& scratch,
                  std::chrono::seconds limit = 60s)
{
    return run_program({"/bin/sh", "-c", command}, {{"COLOUR", "blue"}}, scratch.path / "log",
                       limit, scratch.path);
}

// A program that acts as one of Google Benchmark does, and may end without the witness' word.
std::filesystem::path program_of(const std::string& script, const scratch_folder& scratch)
{
    const std::filesystem::path file = scratch.path / "program";
    tools::write_file(file, "#!/bin/sh\n" + script);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
}

comparison_settings settings_of(const std::filesystem::path& program, const scratch_folder& scratch)
{
    comparison_settings s;
    s.program = program;
    s.benchmarks = {"g/a"};
    s.rounds = 1;
    s.witness = HEAPLINGS_BENCH_WITNESS;
    s.work = scratch.path;
    return s;
}

// Writes the results that --benchmark_out asks for.
constexpr const char* writes_results = R"(
for argument; do case $argument in --benchmark_out=*) out=${argument#*=} ;; esac; done
[ -z "$out" ] || echo '{"benchmarks": [{"run_name": "g/a", "real_time": 4, "time_unit": "ns"}]}' >"$out"
exec true
)";

} // namespace

TEST_CASE("a program's words, its end and its time come back")
{
    const scratch_folder scratch;
    const program_run run = shell("echo $COLOUR; echo no >&2; pwd", scratch);
    CHECK(run.failure == "");
    CHECK(tools::read_file(scratch.path / "log") == "blue\nno\n" + scratch.path.string() + "\n");
    CHECK(shell("exit 3", scratch).failure == "ended with exit status 3");
    CHECK(shell("kill -SEGV $$", scratch).failure == "ended by signal 11 (Segmentation fault)");
    CHECK(run_program({"/nowhere/bench"}, {}, scratch.path / "log", 60s).failure ==
          "could not be started");
    CHECK(shell("exec sleep 60", scratch, 0s).failure == "did not end within 0 s and was killed");
}

TEST_CASE("a command line can be typed as it is shown")
{
    CHECK(shell_line({"bench.x", "--filter=^a$", "it's"}, {{"A", "b c"}}) ==
          R"(A='b c' bench.x '--filter=^a$' 'it'\''s')");
}

TEST_CASE("a process is believed only if malloc and free are the allocator's")
{
    const allocator& glibc = known_allocators()[0];
    const allocator& jemalloc = known_allocators()[1];
    const witnessed on_glibc =
        parse_witness("malloc /lib/x/libc.so.6\nfree /lib/x/libc.so.6\npeak 9\n");
    CHECK(refusal(glibc, on_glibc) == "");
    CHECK(refusal(jemalloc, on_glibc) ==
          "refused: malloc was not jemalloc's, it came from /lib/x/libc.so.6");
    CHECK(refusal(jemalloc,
                  parse_witness("malloc /l/libjemalloc.so.2\nfree /bin/program\npeak 9\n")) ==
          "refused: free was not jemalloc's, it came from /bin/program");
}

TEST_CASE("a process that told nothing, or not all, is refused")
{
    CHECK_THROWS_AS((void)parse_witness(""), std::runtime_error);
    CHECK_THROWS_AS((void)parse_witness("malloc /lib/libc.so.6\nfree /lib/libc.so.6\n"),
                    std::runtime_error);
    CHECK_THROWS_AS((void)parse_witness("peak 7\n\nmalloc\n"), std::runtime_error);
}

TEST_CASE("each allocator was seen in its process, or is left out with the reason")
{
    const scratch_folder scratch;
    const comparison c =
        compare_allocators(settings_of(program_of(writes_results, scratch), scratch));
    REQUIRE(c.allocators.size() == known_allocators().size());
    CHECK(c.allocators[0].malloc_from.find("libc.so.6") != std::string::npos);
    CHECK(c.allocators[0].idle_resident > 0);
    for (const compared_allocator& a : c.allocators) {
        CAPTURE(a.which.name);
        if (a.left_out.empty()) {
            CHECK(a.malloc_from.find(a.which.file_name) != std::string::npos);
            CHECK(a.runs.at(0).nanoseconds == std::vector<double>{4});
            CHECK(a.runs.at(0).peak_resident.at(0) > 0);
        } else {
            CHECK(a.left_out ==
                  "not installed: " + a.which.packages + " brings " + a.which.library);
        }
    }
}

TEST_CASE("a program whose processes do not tell of their malloc is not compared by")
{
    const scratch_folder scratch;
    const std::string killed = "kill -KILL $$\n";
    CHECK_THROWS_AS((void)compare_allocators(settings_of(program_of(killed, scratch), scratch)),
                    std::runtime_error);
    const std::string unset = "unset LD_PRELOAD\n" + std::string{writes_results};
    CHECK_THROWS_AS((void)compare_allocators(settings_of(program_of(unset, scratch), scratch)),
                    std::runtime_error);
}

TEST_CASE("a ratio is the median of the rounds' ratios")
{
    CHECK(median_ratio({10, 40, 90}, {10, 20, 30}) == 2);
    CHECK_FALSE(median_ratio({}, {}));
}

TEST_CASE("facts of a machine that shows nothing are unknown, and no error")
{
    const scratch_folder scratch;
    for (const fact& f : machine_facts(scratch.path)) {
        CAPTURE(f.name);
        CHECK(f.value != "");
    }
    CHECK_FALSE(read_processor_time(scratch.path));
}

TEST_CASE("facts are read from proc and sys")
{
    const scratch_folder scratch;
    const auto write = [&](const std::string& file, const std::string& text) {
        std::filesystem::create_directories((scratch.path / file).parent_path());
        tools::write_file(scratch.path / file, text);
    };
    write("proc/cpuinfo",
          "processor\t: 0\nmodel name\t: Old CPU 1\nflags\t\t: fpu hypervisor sse\n");
    write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
    write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    write("sys/devices/system/cpu/cpu0/cache/index0/level", "1\n");
    write("sys/devices/system/cpu/cpu0/cache/index0/type", "Data\n");
    write("sys/devices/system/cpu/cpu0/cache/index0/size", "48K\n");
    const std::vector<fact> facts = machine_facts(scratch.path);
    const auto value = [&](const std::string& name) {
        return std::ranges::find(facts, name, &fact::name)->value;
    };
    CHECK(value("CPU") == "Old CPU 1");
    CHECK(value("Virtualisation") == "virtual machine");
    CHECK(value("Transparent huge pages") == "always [madvise] never; defrag: unknown");
    CHECK(value("Frequency governor") == "powersave: the clock may change while measuring");
    CHECK(value("Caches") == "L1d 48K");
}

TEST_CASE("what others took of the processors is told from what the benchmarks took")
{
    const scratch_folder scratch;
    std::filesystem::create_directory(scratch.path / "proc");
    const auto at = [&](const char* line) {
        tools::write_file(scratch.path / "proc/stat", line);
        return read_processor_time(scratch.path).value();
    };
    const processor_time before = at("cpu  100 0 0 100 0 0 0 0 0 0\n");
    const processor_time after = at("cpu  600 0 0 540 0 0 0 60 0 0\n"); // ten seconds of 1/100 s
    const noise n = noise_between(before, after, 3s);
    CHECK(n.others == doctest::Approx(20));
    CHECK(n.stolen == doctest::Approx(6));
    CHECK(n.disturbing());
    CHECK_FALSE(noise_between(before, before, 0s).disturbing());
}

TEST_CASE("a benchmark that fails on an allocator has the reason there, and no figures")
{
    const scratch_folder scratch;
    const std::string script = "case \"$*\" in *benchmark_out=*) exit 3 ;; esac\nexec true\n";
    const comparison c = compare_allocators(settings_of(program_of(script, scratch), scratch));
    CHECK(c.allocators[0].left_out == "");
    CHECK(c.allocators[0].runs.at(0).failure == "ended with exit status 3");
    CHECK(c.allocators[0].runs[0].nanoseconds.empty());
}
