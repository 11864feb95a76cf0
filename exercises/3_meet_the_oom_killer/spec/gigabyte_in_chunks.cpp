// The spec of exercise 2, gigabyte_in_chunks.
//
// How much becomes resident is measured in fresh processes, wherever this runs. The fates are
// played in the disposable kernel, with 64 MiB: on a machine that others need they are compared
// with what was seen there.
#include "spec/gigabyte_in_chunks.hpp"
#include "support/anonymous_memory.hpp"
#include "support/oom_prey.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <initializer_list>
#include <iterator>
#include <stdexcept>
#include <string>

// How doctest shows a fate.
static doctest::String toString(fate what)
{
    constexpr const char* names[] = {"granted", "refused", "killed"};
    const auto index = static_cast<std::size_t>(what);
    return index < std::size(names) ? names[index] : "not a fate";
}

namespace {

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;
constexpr std::size_t GiB = 1024 * MiB;

// malloc's answers, all in one pointer; a global one, so that no compiler leaves a call out.
void* volatile same_pointer;

// Whether malloc granted all.
bool obtain(std::size_t total, std::size_t block)
{
    for (std::size_t i = 0; i < total / block; ++i) {
        same_pointer = std::malloc(block);
        if (same_pointer == nullptr) return false;
    }
    return true;
}

struct growth
{
    bool granted;
    long kib;
};

} // namespace

extern "C" int heaplings_probe(int, char** arguments)
{
    support::no_huge_pages();
    const std::size_t total = std::strtoul(arguments[1], nullptr, 10);
    const std::size_t block = std::strtoul(arguments[2], nullptr, 10);
    const long before = support::anonymous_kib();
    const bool granted = obtain(total, block);
    return support::deliver(arguments, growth{granted, support::anonymous_kib() - before});
}

namespace {

// All of it must fit into the machine, with malloc's own part.
std::size_t live_total()
{
    return support::in_disposable_kernel() ? 8 * MiB : 128 * MiB;
}

void check_growth(std::size_t block)
{
    const std::size_t total = live_total();
    const auto report =
        support::in_fresh_process<growth>(std::to_string(total), std::to_string(block));
    REQUIRE(report.end == support::exited(0));
    REQUIRE(report.result.has_value());
    REQUIRE(report.result->granted);
    const long measured_kib = report.result->kib;
    const long yours_kib = static_cast<long>(resident_growth(total, block) / KiB);
    const std::size_t total_mib = total / MiB;
    INFO(total_mib, " MiB in blocks of ", block, " bytes: measured + ", measured_kib,
         " KiB, yours + ", yours_kib, " KiB");
    CHECK(std::abs(yours_kib - measured_kib) <= measured_kib / 10 + 512);
    MESSAGE(total_mib, " MiB in blocks of ", block, " bytes: resident + ", measured_kib, " KiB");
}

// What was seen in a disposable kernel with 64 MiB, for 1 GiB in blocks of so many bytes.
struct seen_fate
{
    std::size_t block;
    fate seen;
};
constexpr std::array recorded{
    seen_fate{1 * GiB, fate::refused},  seen_fate{256 * MiB, fate::refused},
    seen_fate{64 * MiB, fate::refused}, seen_fate{32 * MiB, fate::granted},
    seen_fate{1 * MiB, fate::granted},  seen_fate{128 * KiB, fate::granted},
    seen_fate{64 * KiB, fate::killed},  seen_fate{4 * KiB, fate::killed}};
constexpr std::size_t recorded_memory = 53 * MiB; // MemTotal there

fate play(std::size_t block)
{
    constexpr int code_of_null = 12;
    constexpr unsigned patience = 10; // seconds
    const support::prey child = support::prey_of_oom_killer(
        [&] { ::_exit(obtain(GiB, block) ? 0 : code_of_null); }, patience);
    INFO("wait status of the child: ", child.status);
    if (WIFEXITED(child.status)) {
        return WEXITSTATUS(child.status) == code_of_null ? fate::refused : fate::granted;
    }
    REQUIRE(WTERMSIG(child.status) == SIGKILL);
    REQUIRE(child.kills_after == child.kills_before + 1);
    return fate::killed;
}

fate fate_here(std::size_t block)
{
    if (support::in_disposable_kernel()) return play(block);
    for (const seen_fate& each : recorded) {
        if (each.block == block) return each.seen;
    }
    throw std::logic_error{"no such fate was recorded"};
}

void check_fates(std::initializer_list<std::size_t> blocks)
{
    const bool played = support::in_disposable_kernel();
    const std::size_t memory =
        played ? static_cast<std::size_t>(heaplings::read_meminfo().total.count())
               : recorded_memory;
    for (const std::size_t block : blocks) {
        const fate seen = fate_here(block);
        INFO("1 GiB in blocks of ", block, " bytes, where there are ", memory, " bytes of memory");
        CHECK(fate_of_requests(GiB, block, memory) == seen);
        if (played) MESSAGE("1 GiB in blocks of ", heaplings::bytes{block}, ": ", toString(seen));
    }
}

} // namespace

TEST_CASE("small blocks: more becomes resident than was asked for")
{
    check_growth(16);
    check_growth(24);
}

TEST_CASE("blocks of some hundred bytes: about what was asked for becomes resident")
{
    check_growth(1000);
    check_growth(4000);
}

TEST_CASE("blocks of several pages: a part of each")
{
    check_growth(10'000);
    check_growth(64 * KiB);
}

TEST_CASE("large blocks: next to nothing becomes resident")
{
    check_growth(1 * MiB);
    check_growth(live_total());
}

TEST_CASE("a block that is larger than the machine's memory is refused")
{
    check_fates({1 * GiB, 256 * MiB, 64 * MiB});
}

TEST_CASE("each wish is looked at alone: twenty times the memory is granted in smaller blocks")
{
    check_fates({32 * MiB, 1 * MiB, 128 * KiB});
}

TEST_CASE("blocks that are small enough get their program killed, though nobody uses them")
{
    check_fates({64 * KiB, 4 * KiB});
}

TEST_CASE("on a larger machine the same wishes have other fates")
{
    CHECK(fate_of_requests(GiB, GiB, 4 * GiB) == fate::granted);
    CHECK(fate_of_requests(GiB, 64 * MiB, 4 * GiB) == fate::granted);
    CHECK(fate_of_requests(GiB, 4 * KiB, 4 * GiB) == fate::granted);
    CHECK(fate_of_requests(GiB, 4 * KiB, GiB / 2) == fate::killed);
    CHECK(fate_of_requests(GiB, 64 * KiB, GiB / 2) == fate::granted);
    INFO("16 bytes cost 32");
    CHECK(fate_of_requests(GiB, 16, GiB + GiB / 2) == fate::killed);
    CHECK(fate_of_requests(GiB, 16, 4 * GiB) == fate::granted);
}
