// The spec of exercise 4, lines_with_g.
#include "spec/lines_with_g.hpp"

#include "spec/recorded/lines_with_g.hpp"
#include "support/valgrind_run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

// A program with leaks: this one, run anew under Valgrind. Each marker is the line of the malloc
// call in the function below it.
namespace leaky {

// Keeps the compiler from noticing that nobody uses the block.
void lose(void* block)
{
    asm volatile("" : : "r"(block) : "memory");
}

// clang-format off
constexpr int one_block_line = __LINE__ + 4;
void one_block()
{
    void* block = nullptr;
    block = std::malloc(24);
    lose(block);
}

constexpr int several_rows_line = __LINE__ + 4;
void several_rows(std::size_t count)
{
    void* block = nullptr;
    block = std::malloc(count
                        * 3
                        * sizeof(int));
    lose(block);
}

constexpr int in_a_loop_line = __LINE__ + 4;
void in_a_loop()
{
    for (int i = 0; i < 5; ++i) {
        lose(std::malloc(16));
    }
}

constexpr int two_callers_line = __LINE__ + 3;
void* two_callers(std::size_t size)
{
    return std::malloc(size);
}
void first_caller() { lose(two_callers(100)); }
void second_caller() { lose(two_callers(11)); }

constexpr int zeroed_line = __LINE__ + 3;
void zeroed()
{
    lose(std::calloc(7, 10));
}

constexpr int freed_line = __LINE__ + 3;
void freed()
{
    std::free(std::malloc(33));
}
// clang-format on

} // namespace leaky

extern "C" int heaplings_probe(int, char**)
{
    leaky::one_block();
    leaky::several_rows(2);
    leaky::in_a_loop();
    leaky::first_caller();
    leaky::second_caller();
    leaky::zeroed();
    leaky::freed();
    return 0;
}

namespace {

std::string list_of(const std::vector<site>& sites)
{
    std::ostringstream list;
    for (const site& s : sites) {
        list << '\n'
             << (s.file.empty() ? "no file" : s.file) << ':' << s.line << " in " << s.function
             << ": " << s.blocks << " blocks, " << s.bytes << " bytes";
    }
    return list.str();
}

// What the learner finds in Valgrind's report on the program above.
const std::vector<site>& reported_sites()
{
    static const std::vector<site> sites = leak_sites(support::report_on_probe());
    return sites;
}

std::string_view last_part(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

// Those of them that are in this file.
std::vector<site> live_sites()
{
    std::vector<site> here;
    for (const site& s : reported_sites()) {
        if (last_part(s.file) == last_part(__FILE__)) here.push_back(s);
    }
    return here;
}

void check_live(int line, std::string_view function, std::size_t blocks, std::size_t bytes)
{
    const std::vector<site>& all = reported_sites();
    INFO("sites found: " << list_of(all));
    INFO("the malloc call on line " << line << " of " << __FILE__);
    const std::vector<site> live = live_sites();
    const auto on_line = [line](const site& s) { return s.line == line; };
    CHECK(std::count_if(live.begin(), live.end(), on_line) == 1);
    const auto found = std::find_if(live.begin(), live.end(), on_line);
    if (found == live.end()) return;
    CHECK(found->function == function);
    CHECK(found->blocks == blocks);
    CHECK(found->bytes == bytes);
}

void check_site(const site& found, const char* function, const char* file, int line)
{
    CHECK(found.function == function);
    CHECK(found.file == file);
    CHECK(found.line == line);
}

} // namespace

TEST_CASE("in a program built with -g, the line is that of the malloc call")
{
    check_live(leaky::one_block_line, "leaky::one_block()", 1, 24);
    check_live(leaky::zeroed_line, "leaky::zeroed()", 1, 70);
}

TEST_CASE("a malloc call over several rows is on its first")
{
    check_live(leaky::several_rows_line, "leaky::several_rows(unsigned long)", 1, 24);
}

TEST_CASE("a malloc call in a loop is one site with many blocks")
{
    check_live(leaky::in_a_loop_line, "leaky::in_a_loop()", 5, 80);
}

TEST_CASE("a malloc call that is reached from two callers is one site")
{
    check_live(leaky::two_callers_line, "leaky::two_callers(unsigned long)", 2, 111);
}

TEST_CASE("blocks that were freed have no site, and callers of the leaking function neither")
{
    const std::vector<site>& all = reported_sites();
    INFO("sites found: " << list_of(all));
    const std::vector<site> live = live_sites();
    CHECK(live.size() == 5);
    CHECK(std::none_of(live.begin(), live.end(),
                       [](const site& s) { return s.line == leaky::freed_line; }));
}

TEST_CASE("sites come in the order of the report, the file with its folder")
{
    const std::vector<site> sites = leak_sites(recorded::shelf);
    INFO("sites found: " << list_of(sites));
    REQUIRE(sites.size() == 4);
    check_site(sites[0], "append", "/home/learner/shelf/a/list.c", 4);
    CHECK(sites[0].blocks == 3);
    CHECK(sites[0].bytes == 48);
    // the same function and line in a file of the same name, but another file
    check_site(sites[3], "append", "/home/learner/shelf/b/list.c", 4);
    CHECK(sites[3].blocks == 1);
    CHECK(sites[3].bytes == 100);
}

TEST_CASE("what is still reachable was not freed either, and names of templates are readable")
{
    const std::vector<site> sites = leak_sites(recorded::shelf);
    INFO("sites found: " << list_of(sites));
    REQUIRE(sites.size() == 4);
    check_site(sites[1], "shelf::box<unsigned long>::put(unsigned long)",
               "/home/learner/shelf/shelf.cpp", 11);
}

TEST_CASE("a memory pool stands first in its stacks")
{
    const std::vector<site> sites = leak_sites(recorded::shelf);
    INFO("sites found: " << list_of(sites));
    REQUIRE(sites.size() == 4);
    check_site(sites[2], "from_pool(unsigned long)", "/home/learner/shelf/shelf.cpp", 17);
}

TEST_CASE("errors other than leaks have no site")
{
    for (const site& s : leak_sites(recorded::shelf)) {
        INFO("line 28 allocates the block that line 29 writes behind; it is freed");
        CHECK(s.line != 28);
        CHECK(s.line != 29);
    }
    CHECK(leak_sites("<valgrindoutput></valgrindoutput>").empty());
    CHECK(leak_sites("").empty());
}

TEST_CASE("a stripped program tells how much leaked, and not where")
{
    const std::vector<site> sites = leak_sites(recorded::stripped_shelf);
    INFO("sites found: " << list_of(sites));
    REQUIRE(sites.size() == 1);
    check_site(sites[0], "", "", 0);
    CHECK(sites[0].blocks == 2);
    CHECK(sites[0].bytes == 28);
}
