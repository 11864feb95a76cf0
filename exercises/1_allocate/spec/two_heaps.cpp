// The spec of exercise 5, two_heaps.
//
// Each case runs in a fresh process, for malloc remembers what a process did. What malloc does on
// this machine is observed, not assumed: see came_from().
#include "spec/two_heaps.hpp"

#include "support/fresh_child.hpp"
#include "support/memory_layout.hpp"
#include "support/sightings.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>
#include <vector>

// How doctest shows an origin.
static doctest::String toString(origin from)
{
    constexpr const char* names[] = {"brk", "mmap", "none"};
    const auto index = static_cast<std::size_t>(from);
    return index < std::size(names) ? names[index] : "not an origin";
}

namespace {

using sightings = support::sightings<origin>;
using support::number;

constexpr std::size_t MiB = 1024 * 1024;
// A photo, in bytes: more than the 128 KiB from which malloc calls mmap at first.
constexpr std::size_t photo_size = 200'000;

const char currency[] = "EUR";
int port = 8080;
int requests_served;
std::array<char, 256 * 1024> request_buffer;

// What malloc did, told by the program break: brk gave all that lies between the static variables
// and the break.
origin came_from(const void* block)
{
    const bool brk = number(&request_buffer) < number(block) && number(block) < number(::sbrk(0));
    return brk ? origin::brk : origin::mmap;
}

void ask(sightings& seen, const char* what, const void* address, origin expected)
{
    seen.add(what, address, expected, origin_of(address));
}

void ask(sightings& seen, const char* what, const void* block)
{
    ask(seen, what, block, came_from(block));
}

struct by_free
{
    void operator()(void* block) const { std::free(block); }
};
using block = std::unique_ptr<void, by_free>;

block allocate(std::size_t size)
{
    return block{std::malloc(size)};
}

std::vector<block> allocate_many(std::size_t count, std::size_t size)
{
    std::vector<block> blocks(count);
    for (block& next : blocks) next = allocate(size);
    return blocks;
}

// What follows makes malloc do one thing each.

void small_blocks(sightings& seen)
{
    const block first = allocate(24);
    ask(seen, "a block of 24 bytes", first.get());
    const block second = allocate(100'000);
    ask(seen, "a block of 100,000 bytes", second.get());
}

void large_blocks(sightings& seen)
{
    const block first = allocate(photo_size);
    ask(seen, "a block of 200,000 bytes", first.get());
    const block second = allocate(MiB);
    ask(seen, "a block of 1 MiB", second.get());
}

void moved_limit(sightings& seen)
{
    block photo = allocate(photo_size);
    ask(seen, "a block of 200,000 bytes", photo.get());
    photo.reset();
    photo = allocate(photo_size);
    ask(seen, "the next block of 200,000 bytes, after the first was freed", photo.get());

    const block small = allocate(24);
    photo.reset(std::realloc(photo.release(), MiB));
    ask(seen, "this block after realloc has made it 1 MiB", photo.get());
    photo.reset(std::realloc(photo.release(), 24));
    ask(seen, "this block after realloc has made it 24 bytes", photo.get());
}

void threads(sightings& seen)
{
    const block of_main = allocate(24);
    const block large = allocate(MiB);
    const int local = 0;
    block of_thread;
    std::thread{[&] {
        of_thread = allocate(24);
        ask(seen, "a thread asks about a block of 24 bytes that it allocated", of_thread.get());
        ask(seen, "a thread asks about a block of 24 bytes of the main thread", of_main.get());
        ask(seen, "a thread asks about a block of 1 MiB of the main thread", large.get());
        ask(seen, "a thread asks about a local variable of the main thread", &local, origin::none);
    }}.join();
    ask(seen, "a block of 24 bytes of a thread that has ended", of_thread.get());
}

void obstructed_break(sightings& seen)
{
    // A page right behind the heap: the program break cannot move past it.
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    void* const in_the_way = ::mmap(::sbrk(0), page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const std::vector<block> blocks = allocate_many(100, 10'000);
    ask(seen, "the first of 100 blocks of 10,000 bytes", blocks.front().get());
    ask(seen, "the last of 100 blocks of 10,000 bytes", blocks.back().get());
    ::munmap(in_the_way, page);
}

void growth(sightings& seen)
{
    const block first = allocate(24);
    ask(seen, "a block of 24 bytes", first.get());
    const std::vector<block> blocks = allocate_many(100, 100'000);
    ask(seen, "the last of 100 further blocks of 100,000 bytes", blocks.back().get());
    const block large = allocate(MiB);
    ask(seen, "a new block of 1 MiB", large.get());
}

void not_blocks(sightings& seen)
{
    const int local = 0;
    ask(seen, "null", nullptr, origin::none);
    ask(seen, "a local variable", &local, origin::none);
    ask(seen, "a static constant", currency, origin::none);
    ask(seen, "a static variable that starts with a value", &port, origin::none);
    ask(seen, "a static variable that starts at zero", &requests_served, origin::none);
    ask(seen, "the first byte of 256 KiB of static zeroes", &request_buffer.front(), origin::none);
    ask(seen, "the last byte of 256 KiB of static zeroes", &request_buffer.back(), origin::none);
}

struct scenario
{
    const char* name;
    void (*play)(sightings&);
};
constexpr scenario scenarios[] = {
    {"small blocks", small_blocks},
    {"large blocks", large_blocks},
    {"moved limit", moved_limit},
    {"threads", threads},
    {"obstructed break", obstructed_break},
    {"growth", growth},
    {"not blocks", not_blocks},
};

void check(const char* scenario, support::layout layout = support::layout::randomised)
{
    const support::memory_layout until_return{layout};
    const auto report = support::in_fresh_process<sightings>(scenario);
    INFO("in a fresh process: ", std::string{scenario},
         "; memory layout: ", support::to_string(layout));
    REQUIRE(report.end == support::exited(0));
    REQUIRE(report.result);
    for (const auto& one : report.result->all()) {
        INFO(support::question(one));
        INFO(support::evidence(one));
        REQUIRE(one.answered == one.expected);
    }
}

std::ptrdiff_t open_files()
{
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
}

} // namespace

extern "C" int heaplings_probe(int, char** arguments)
{
    for (const scenario& each : scenarios) {
        if (std::string_view{arguments[1]} != each.name) continue;
        sightings seen;
        each.play(seen);
        return support::deliver(arguments, seen);
    }
    return 2;
}

TEST_CASE("small blocks come from the program break")
{
    check("small blocks");
}

TEST_CASE("a large block comes from mmap")
{
    check("large blocks");
}

TEST_CASE("the size alone does not tell: once a large block was freed, malloc does otherwise")
{
    check("moved limit");
}

TEST_CASE("blocks of another thread come from mmap, small as they are")
{
    check("threads");
}

TEST_CASE("where the program break cannot move, small blocks come from mmap")
{
    check("obstructed break");
}

TEST_CASE("the answer is right for a heap that has grown since the last question")
{
    check("growth");
}

TEST_CASE("null, local and static variables come from neither")
{
    check("not blocks");
}

TEST_CASE("with other memory layouts the answers are right too")
{
    for (const support::layout layout : {support::layout::fixed, support::layout::legacy}) {
        for (const scenario& each : scenarios) check(each.name, layout);
    }
}

TEST_CASE("asking often leaves no file open")
{
    const block asked_about = allocate(24);
    origin_of(asked_about.get());
    const std::ptrdiff_t before = open_files();
    for (int i = 0; i < 20; ++i) origin_of(asked_about.get());
    CHECK(open_files() == before);
}
