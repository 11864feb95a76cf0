// The spec of exercise 2, free_is_not_return.
//
// The learner's function runs in a fresh process, and so does the spec's own: what free and
// malloc_trim give back on this machine is observed, not assumed.
#include "spec/free_is_not_return.hpp"
#include "support/anonymous_memory.hpp"
#include "support/fresh_child.hpp"
#include "support/malloc_calls.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <iomanip>
#include <malloc.h>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t blocks = 800;
constexpr long all_kib = blocks * block_size / 1024;
constexpr long tolerance_kib = all_kib / 10; // what else the process needs, and parts of pages

// What was in use when resident() was called.
struct moment
{
    long resident;
    std::size_t blocks; // of block_size bytes
    bool bookmark;      // a block of 24 bytes that was obtained after them
};

// The calls of resident(), and what free_and_trim made of them.
struct night
{
    long before = 0;
    std::array<moment, 3> moments{};
    std::size_t calls = 0;
    std::size_t obtained = 0;
    std::size_t left = 0; // blocks, bookmark included, that are in use at the end
    readings told{};
};

// resident() has no parameters: it finds here where to write to, and what to look at.
night* current = nullptr;

moment look_around(const support::malloc_watch& watch)
{
    moment now{support::anonymous_kib(), 0, false};
    bool obtained_all = false;
    std::size_t seen = 0;
    for (const support::malloc_call& call : watch.calls()) {
        if (call.size == block_size) obtained_all = ++seen == blocks;
        if (call.freed) continue;
        if (call.size == block_size) ++now.blocks;
        if (call.size == 24) now.bookmark = obtained_all;
    }
    return now;
}

long resident()
{
    const moment now = look_around(*support::malloc_watch::current);
    if (current->calls < current->moments.size()) current->moments[current->calls] = now;
    ++current->calls;
    return now.resident;
}

template <class Player>
night watch_night(Player play)
{
    support::no_huge_pages();
    night seen;
    current = &seen;
    const support::malloc_watch watch;
    seen.before = support::anonymous_kib();
    seen.told = play(blocks, resident);
    for (const support::malloc_call& call : watch.calls()) {
        if (call.size != block_size && call.size != 24) continue;
        if (call.size == block_size) ++seen.obtained;
        if (!call.freed) ++seen.left;
    }
    return seen;
}

// The night as promised, with which the learner's is compared.
readings as_promised(std::size_t n, long (*ask)())
{
    std::vector<void*> catalogue(n);
    for (void*& block : catalogue) {
        block = std::malloc(block_size);
        std::memset(block, 1, block_size);
    }
    void* const bookmark = std::malloc(24);
    readings seen{};
    seen.full = ask();
    for (void* const block : catalogue) std::free(block);
    seen.freed = ask();
    malloc_trim(0);
    seen.trimmed = ask();
    std::free(bookmark);
    return seen;
}

} // namespace

extern "C" int heaplings_probe(int, char** arguments)
{
    const bool own = std::string_view{arguments[1]} == "as promised";
    return support::deliver(arguments, watch_night(own ? as_promised : free_and_trim));
}

namespace {

night in_fresh_process(const std::string& whose)
{
    INFO("in a fresh process: ", whose);
    const auto report = support::in_fresh_process<night>(whose);
    REQUIRE(report.end == support::exited(0));
    REQUIRE(report.result.has_value());
    return *report.result;
}

const night& yours()
{
    static const night seen = in_fresh_process("yours");
    return seen;
}
const night& here()
{
    static const night seen = in_fresh_process("as promised");
    return seen;
}

// The reading must be about as high as in the spec's own night.
void check_reading(const char* which, long readings::*reading)
{
    const long in_yours = yours().told.*reading;
    const long in_own = here().told.*reading;
    INFO(which, ": ", in_yours, " KiB in yours, ", in_own, " KiB in the spec's own night");
    CHECK(std::abs(in_yours - in_own) <= tolerance_kib);
}

std::string mib(long kib)
{
    std::ostringstream out;
    out << std::fixed << std::setprecision(1) << static_cast<double>(kib) / 1024 << " MiB";
    return out.str();
}

} // namespace

TEST_CASE("all blocks and behind them the bookmark are obtained and in use at the first reading")
{
    CHECK(yours().obtained == blocks);
    CHECK(yours().moments[0].blocks == blocks);
    CHECK(yours().moments[0].bookmark);
}

TEST_CASE("all blocks are resident at the first reading: each of their pages was written to")
{
    const long grown_kib = yours().moments[0].resident - yours().before;
    INFO("the blocks have ", all_kib, " KiB, the process has grown by ", grown_kib, " KiB");
    CHECK(grown_kib >= all_kib - tolerance_kib);
}

TEST_CASE("at the second and the third reading the bookmark alone is in use")
{
    CHECK(yours().moments[1].blocks == 0);
    CHECK(yours().moments[1].bookmark);
    CHECK(yours().moments[2].blocks == 0);
    CHECK(yours().moments[2].bookmark);
}

TEST_CASE("resident() is called three times, and its answers are the readings")
{
    CHECK(yours().calls == 3);
    CHECK(yours().told.full == yours().moments[0].resident);
    CHECK(yours().told.freed == yours().moments[1].resident);
    CHECK(yours().told.trimmed == yours().moments[2].resident);
}

TEST_CASE("after free the process is as large as free leaves it here")
{
    check_reading("full", &readings::full);
    check_reading("freed", &readings::freed);
}

TEST_CASE("malloc_trim gives back what it gives back here")
{
    check_reading("trimmed", &readings::trimmed);
    MESSAGE("resident: full ", mib(yours().told.full), ", freed ", mib(yours().told.freed),
            ", trimmed ", mib(yours().told.trimmed));
}

TEST_CASE("at the end nothing is in use any more")
{
    CHECK(yours().obtained > 0);
    CHECK(yours().left == 0);
}
