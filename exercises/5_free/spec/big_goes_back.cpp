// The spec of exercise 3, big_goes_back.
//
// What free gives back on this machine is measured, each time in a fresh process, for malloc
// remembers what was freed. The learner's function is asked in another one: it may measure as well.
#include "spec/big_goes_back.hpp"
#include "support/anonymous_memory.hpp"
#include "support/fresh_child.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;
constexpr std::size_t step = 32 * KiB; // sizes are multiples of this

// How many KiB the process loses when it frees a block of `bytes` bytes that was written to.
long given_back_kib(std::size_t bytes, std::size_t freed_before)
{
    support::no_huge_pages();
    static_cast<void>(support::anonymous_kib()); // the stack grows now, not between the readings
    if (freed_before != 0) std::free(std::malloc(freed_before));

    void* const block = std::malloc(bytes);
    void* const last = std::malloc(24);
    std::memset(block, 1, bytes);
    const long before = support::anonymous_kib();
    std::free(block);
    const long after = support::anonymous_kib();
    std::free(last);
    return before - after;
}

} // namespace

extern "C" int heaplings_probe(int, char** arguments)
{
    const std::size_t bytes = std::strtoul(arguments[2], nullptr, 10);
    const std::size_t freed_before = std::strtoul(arguments[3], nullptr, 10);
    if (arguments[1] == std::string_view{"measure"}) {
        return support::deliver(arguments, given_back_kib(bytes, freed_before));
    }
    return support::deliver(arguments, goes_back(bytes, freed_before));
}

namespace {

template <class Result>
Result in_fresh_process(const char* what, std::size_t bytes, std::size_t freed_before)
{
    const auto report = support::in_fresh_process<Result>(what, std::to_string(bytes),
                                                          std::to_string(freed_before));
    REQUIRE(report.end == support::exited(0));
    REQUIRE(report.result.has_value());
    return *report.result;
}

std::string in_kib(std::size_t bytes)
{
    return std::to_string(bytes / KiB) + " KiB";
}

void check(std::size_t bytes, std::size_t freed_before)
{
    INFO("a block of ", in_kib(bytes),
         " is freed; freed before: ", freed_before == 0 ? "nothing" : in_kib(freed_before));
    const long kib = in_fresh_process<long>("measure", bytes, freed_before);
    INFO("the process lost ", kib, " KiB by it here");
    const bool yours = in_fresh_process<bool>("ask", bytes, freed_before);
    const bool here = kib > static_cast<long>(bytes / KiB / 2);
    CHECK(yours == here);
}

} // namespace

TEST_CASE("for the first block of a process its size decides")
{
    // Not 128 KiB: a new heap may have room for that, and malloc then makes no mapping.
    for (const std::size_t bytes :
         {step, 2 * step, 3 * step, 5 * step, 6 * step, 8 * step, MiB, 8 * MiB, 32 * MiB}) {
        check(bytes, 0);
    }
}

TEST_CASE("the second block of the same size is not treated as the first was")
{
    for (const std::size_t bytes : {4 * step, 5 * step, 8 * step, MiB, 8 * MiB, 32 * MiB - step}) {
        check(bytes, bytes);
    }
}

TEST_CASE("after a block was freed a smaller one may fare otherwise than a larger one")
{
    for (const std::size_t freed : {6 * step, MiB, 8 * MiB}) {
        check(freed - step, freed);
        check(freed + step, freed);
        check(freed / 2, freed);
        check(freed * 2, freed);
    }
    check(4 * step, 8 * MiB);
}

TEST_CASE("one of the largest blocks was freed before: what did malloc learn from it?")
{
    for (const std::size_t freed : {32 * MiB, 32 * MiB + step, 40 * MiB}) {
        check(freed, freed);
        check(3 * step, freed);
        check(MiB, freed);
        check(8 * MiB, freed);
    }
}

TEST_CASE("a block without a mapping of its own was freed before: what did malloc learn from it?")
{
    // Freed, such a block leaves room in the heap, but not for 512 KiB.
    for (const std::size_t freed : {step, 2 * step, 3 * step}) {
        check(step, freed);
        check(2 * step, freed);
        check(3 * step, freed);
        check(16 * step, freed);
        check(MiB, freed);
    }
}

TEST_CASE("two rounds with the same size: what free gives back in each")
{
    for (const std::size_t bytes : {64 * KiB, 256 * KiB, 20 * MiB, 40 * MiB}) {
        check(bytes, 0);
        check(bytes, bytes);
        std::ostringstream seen;
        seen << "a block of " << in_kib(bytes) << ": free gives back "
             << in_fresh_process<long>("measure", bytes, 0) << " KiB in round 1, "
             << in_fresh_process<long>("measure", bytes, bytes) << " KiB in round 2";
        MESSAGE(seen.str());
    }
}
