#include "spec/chunk_stride.hpp"
#include "support/fresh_child.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t largest = 1032;

// One stride for each size from 0 to the largest.
using strides = std::array<std::size_t, largest + 1>;

// The stride that occurs most often among 17 blocks in a row. A single one can mislead: malloc may
// join a small rest of its memory to a block, which then is longer than the others.
std::size_t usual_stride(std::size_t n)
{
    std::array<std::uintptr_t, 17> starts;
    for (std::uintptr_t& start : starts) {
        start = reinterpret_cast<std::uintptr_t>(std::malloc(n)); // kept: nothing may come back
    }
    std::array<std::size_t, 16> found;
    for (std::size_t i = 0; i < found.size(); ++i) found[i] = starts[i + 1] - starts[i];
    return *std::ranges::max_element(
        found, {}, [&found](std::size_t stride) { return std::ranges::count(found, stride); });
}

// What was freed before main would be given out first: obtains one block of each size, and so more
// of each stride than malloc's free lists hold.
void use_up_free_blocks()
{
    std::array<void*, largest + 1> kept;
    for (std::size_t n = 0; n <= largest; ++n) kept[n] = std::malloc(n);
    static_cast<void>(kept);
}

} // namespace

// With "measure": the strides of this machine. With sizes: what the learner's function says of
// them.
extern "C" int heaplings_probe(int, char** arguments)
{
    strides table{};
    if (arguments[1] == std::string_view{"measure"}) {
        for (std::size_t n = 0; n <= largest; ++n) table[n] = usual_stride(n);
    } else {
        use_up_free_blocks();
        for (const char* rest = arguments[1]; *rest != '\0'; rest += *rest == ' ') {
            char* end = nullptr;
            const std::size_t n = std::strtoul(rest, &end, 10);
            table[n] = chunk_stride(n);
            rest = end;
        }
    }
    return support::deliver(arguments, table);
}

namespace {

const strides& measured()
{
    static const strides table = [] {
        const auto report = support::in_fresh_process<strides>("measure");
        REQUIRE(report.end == support::exited(0));
        REQUIRE(report.result.has_value());
        return *report.result;
    }();
    return table;
}

// All sizes, shared out among processes so that none is asked twice for sizes of the same stride.
//
// A function that measures may free its blocks. The next malloc of such a size gives them out
// again, the last one first, and neighbours would seem to lie the wrong way round.
std::vector<std::string> sizes_by_process()
{
    std::vector<std::string> processes;
    std::map<std::size_t, std::size_t> asked; // sizes so far, by stride
    for (std::size_t n = 0; n <= largest; ++n) {
        const std::size_t process = asked[measured()[n]]++;
        if (process == processes.size()) processes.emplace_back();
        processes[process] += std::to_string(n) + ' ';
    }
    return processes;
}

const strides& answered()
{
    static const strides table = [] {
        strides all{};
        for (const std::string& sizes : sizes_by_process()) {
            INFO("chunk_stride was called in a fresh process, which should have come back");
            const auto report = support::in_fresh_process<strides>(sizes);
            REQUIRE(report.end == support::exited(0));
            REQUIRE(report.result.has_value());
            std::ranges::transform(all, *report.result, all.begin(), std::plus{});
        }
        return all;
    }();
    return table;
}

// Looks at the sizes first, first + step, ... last, and shows the first wrong answer.
void check_sizes(std::size_t first, std::size_t last, std::size_t step = 1)
{
    std::size_t n = first;
    std::size_t sizes = 0;
    std::size_t wrong = 0;
    for (std::size_t size = first; size <= last; size += step) {
        ++sizes;
        if (answered()[size] == measured()[size]) continue;
        if (wrong == 0) n = size;
        ++wrong;
    }
    const std::size_t yours = answered()[n];
    const std::size_t measured_here = measured()[n];
    INFO("wrong for ", wrong, " of ", sizes, " sizes from ", first, " to ", last,
         "; shown: n = ", n);
    CHECK(yours == measured_here);
}

} // namespace

TEST_CASE("a block of a single byte has its price")
{
    check_sizes(1, 1);
}

TEST_CASE("the smallest blocks, even those of 0 bytes, have theirs")
{
    check_sizes(0, 24);
}

TEST_CASE("blocks of whole multiples of 16 bytes need more than their bytes")
{
    check_sizes(16, largest, 16);
}

TEST_CASE("each size from 0 to 1032 bytes has the stride that was measured here")
{
    check_sizes(0, largest);
}
