#include "spec/first_malloc.hpp"
#include "support/malloc_calls.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <sstream>
#include <string>

namespace {

int not_a_block = 0; // its address stands in each pointer that nobody has set

// Asks the learner for n ints, watches malloc meanwhile, and frees what it was promised.
struct attempt
{
    explicit attempt(std::size_t n, std::size_t failing_call = 0) : watch{failing_call}
    {
        out.fill(&not_a_block);
        got = allocate_ints(out.data(), n);
    }
    ~attempt()
    {
        for (std::size_t i = 0; i < std::min(got, out.size()); ++i) {
            if (watch.holds(out[i])) std::free(out[i]);
        }
    }
    attempt(const attempt&) = delete;
    attempt& operator=(const attempt&) = delete;

    [[nodiscard]] std::size_t mallocs_of_an_int() const
    {
        return static_cast<std::size_t>(
            std::ranges::count_if(watch.calls(), [](const support::malloc_call& call) {
                return call.function == "malloc" && call.size == sizeof(int);
            }));
    }

    // How many of the first n pointers lead to a block that malloc gave and nobody freed, each to
    // another one.
    [[nodiscard]] std::size_t blocks_among(std::size_t n) const
    {
        std::size_t blocks = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const bool repeated = std::ranges::count(std::span{out}.first(i), out[i]) > 0;
            if (watch.holds(out[i]) && !repeated) ++blocks;
        }
        return blocks;
    }

    // How many pointers were set, of those from out[n] on.
    [[nodiscard]] auto changed_from(std::size_t n) const
    {
        return std::ranges::count_if(std::span{out}.subspan(n),
                                     [](const int* block) { return block != &not_a_block; });
    }

    [[nodiscard]] std::string calls() const
    {
        std::ostringstream text;
        for (const support::malloc_call& call : watch.calls()) text << call << ' ';
        return text.str();
    }

    support::malloc_watch watch;
    std::array<int*, 128> out{};
    std::size_t got = 0;
};

// What the learner prints.
std::string printed(int* const* blocks, std::size_t n)
{
    char* memory = nullptr;
    std::size_t size = 0;
    std::FILE* const file = ::open_memstream(&memory, &size);
    REQUIRE(file != nullptr);
    print_addresses(file, blocks, n);
    std::fclose(file);
    const std::string text{memory, size};
    std::free(memory);
    return text;
}

std::string address(const void* block)
{
    char text[32];
    std::snprintf(text, sizeof text, "%p", block);
    return text;
}

} // namespace

TEST_CASE("n ints take n calls of malloc, each for the size of one int")
{
    for (const std::size_t n : {1u, 2u, 3u, 20u}) {
        const attempt ints{n};
        INFO("n is ", n, ", an int has ", sizeof(int), " bytes, the calls were: ", ints.calls());
        REQUIRE(ints.got == n);
        REQUIRE(ints.watch.count() == n);
        REQUIRE(ints.mallocs_of_an_int() == n);
    }
}

TEST_CASE("each pointer leads to a block of its own, which can hold an int")
{
    const attempt ints{5};
    INFO("blocks of malloc's among out[0] ... out[4], each counted once");
    REQUIRE(ints.blocks_among(5) == 5);
    for (int i = 0; i < 5; ++i) *ints.out[static_cast<std::size_t>(i)] = 1000 + i;
    for (int i = 0; i < 5; ++i) CHECK(*ints.out[static_cast<std::size_t>(i)] == 1000 + i);
}

TEST_CASE("pointers beyond the n-th are left alone")
{
    for (const std::size_t n : {0u, 1u, 4u}) {
        const attempt ints{n};
        INFO("n is ", n);
        REQUIRE(ints.changed_from(n) == 0);
    }
}

TEST_CASE("for 0 ints malloc is not called at all")
{
    const attempt ints{0};
    CHECK(ints.got == 0);
    CHECK(ints.watch.count() == 0);
}

TEST_CASE("when malloc returns null, the work ends and the ints obtained so far are counted")
{
    for (const std::size_t failing : {1u, 2u, 3u, 4u, 5u}) {
        const attempt ints{5, failing};
        INFO("5 ints were wanted, but call number ", failing, " returned null");
        REQUIRE(ints.got == failing - 1);
        REQUIRE(ints.watch.count() == failing);
        REQUIRE(ints.blocks_among(failing - 1) == failing - 1);
    }
}

TEST_CASE("each address stands on a line of its own, in the order given")
{
    int first = 0;
    int second = 0;
    int third = 0;
    int* const blocks[] = {&second, &third, &first};
    CHECK(printed(blocks, 1) == address(&second) + '\n');
    CHECK(printed(blocks, 3) ==
          address(&second) + '\n' + address(&third) + '\n' + address(&first) + '\n');
}

TEST_CASE("for 0 blocks nothing is printed")
{
    int unwanted = 0;
    int* const blocks[] = {&unwanted};
    CHECK(printed(blocks, 0) == "");
}
