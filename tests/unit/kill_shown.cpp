#include "kill_shown.hpp"
#include "kernel/free_samples.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace heaplings;
using namespace heaplings::tools;

namespace {

std::string recorded(const std::string& name)
{
    return read_file(std::string{HEAPLINGS_TEST_DATA "/oom_logs/"} + name).value();
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the last kill of a log is shown, and its victim's row under the heads of its columns")
{
    CHECK(show_last_kill(recorded("vm_6.1.0_global_dmesg.txt"), {}) ==
          R"(  the kernel's log tells of the kill:
    [    4.528025] Out of memory: Killed process 90 (hog) (total-vm:)
      total-vm:148680kB, anon-rss:140756kB, file-rss:0kB, shmem-rss:268kB, UID:0
      pgtables:324kB oom_score_adj:0
  the victim's row of the task table, memory in pages:
    pid uid tgid total_vm   rss pgtables_bytes swapents oom_score_adj name
     90   0   90    37170 35256         331776        0             0 hog) (total-vm:
)");
}

TEST_CASE("rows of other kernels and forms: more columns, other brackets, names with blanks")
{
    const std::string newest = show_last_kill(recorded("host_6.18_memcgv1_dmesg_plain.txt"), {});
    CHECK(has(newest, "rss_anon"));
    CHECK(has(newest, " 28661   0 28661    36731 14689"));
    CHECK(has(newest, "167 Web Content (2)\n"));
    const std::string kmsg = show_last_kill(recorded("vm_6.1.0_memcg_kmsg.txt"), {});
    CHECK(has(kmsg, "  86   0   86     8498 8237"));
    CHECK(has(kmsg, "0 mem hog) {x\n"));
    const std::string oldest =
        show_last_kill(recorded("written_3.10_el7_memcg_journal_iso.txt"), {});
    CHECK(has(oldest, "Killed process 4711 (java), UID 1000"));
    CHECK(has(oldest, "  4711 1000 4711  1234567 130070     300        5             0 java\n"));
}

TEST_CASE("a row that only looks like the victim's is not shown")
{
    std::string log = recorded("vm_6.1.0_memcg_kmsg.txt");
    const std::string name = "bystander";
    log.replace(log.find(name), name.size(), "x [ 86] y"); // a process may be called so
    CHECK(has(show_last_kill(log, {}), "0 mem hog) {x\n"));
}

TEST_CASE("what the log lacks is left out")
{
    CHECK(show_last_kill("", {}).empty());
    CHECK(show_last_kill("Linux version 6.1\n", std::vector{1_MiB}).empty());
    CHECK(show_last_kill(recorded("vm_6.1.0_nokillable_kmsg.txt").substr(0, 2000), {}).empty());
    const std::string only_kill =
        show_last_kill("Out of memory: Killed process 7 (hog) total-vm:8kB, anon-rss:4kB, "
                       "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0\n",
                       {});
    CHECK(has(only_kill, "Killed process 7 (hog)"));
    CHECK_FALSE(has(only_kill, "task table"));
    CHECK_FALSE(has(only_kill, "free memory"));
}

TEST_CASE("the plot fills its rows from the highest sample down")
{
    CHECK(plot_of(std::vector{10_MiB, 8_MiB, 4_MiB, 1_MiB}) == R"(    10.0 MiB |#
             |##
             |##
             |###
             |###
       0 MiB +----> killed
)");
    CHECK(plot_of({}).empty());
    CHECK(has(plot_of(std::vector{bytes{0}}), "     0.0 MiB |"));
}

TEST_CASE("many samples become sixty columns, each the lowest of its own")
{
    std::vector<bytes> free(120, 10_MiB);
    free[51] = 0_MiB;
    const std::string plot = plot_of(free);
    CHECK(has(plot, "|" + std::string(25, '#') + ' ' + std::string(34, '#') + '\n'));
    CHECK(has(plot, "+" + std::string(60, '-') + '>'));
}

TEST_CASE("samples until a kill are those before it, and none without one")
{
    free_samples samples;
    samples.add(30);
    samples.add(20);
    CHECK(samples.until_kill().empty());
    samples.mark_kill();
    samples.add(25);
    const auto kept = samples.until_kill();
    CHECK(std::vector(kept.begin(), kept.end()) == std::vector<std::int32_t>{30, 20});
}

TEST_CASE("more samples than there is room for: the same shape, the lowest kept")
{
    free_samples samples;
    const int all = 1000;
    for (int i = 0; i < all; ++i) samples.add(i == 501 ? 1 : 2 * all - i);
    samples.mark_kill();
    samples.add(2 * all);
    const auto kept = samples.until_kill();
    CHECK(kept.size() <= free_samples::most);
    CHECK(kept.size() >= free_samples::most / 2);
    CHECK(kept.front() <= 2 * all);
    CHECK(kept.front() > 2 * all - 32);
    CHECK(kept.back() < all + 32);
    CHECK(std::ranges::count(kept, 1) == 1);
}

TEST_CASE("a kill stays where it was when samples are drawn together")
{
    free_samples samples;
    for (int i = 0; i < 60; ++i) samples.add(5);
    samples.mark_kill();
    for (int i = 0; i < 600; ++i) samples.add(9);
    CHECK_FALSE(samples.until_kill().empty());
    for (const std::int32_t kib : samples.until_kill()) CHECK(kib == 5);
}
