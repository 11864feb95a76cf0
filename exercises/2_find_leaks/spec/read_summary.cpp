// The spec of exercise 1, read_summary: reports in the words of Valgrind 3.19, with numbers that
// differ wherever they could be mixed up, and two reports on a program that runs now.
#include "spec/read_summary.hpp"

#include "support/valgrind_run.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <string>
#include <string_view>

static bool operator==(const lost& one, const lost& other)
{
    return one.bytes == other.bytes && one.blocks == other.blocks;
}

static std::ostream& operator<<(std::ostream& out, const lost& blocks)
{
    return out << blocks.bytes << " bytes in " << blocks.blocks << " blocks";
}

namespace {

// `valgrind ./program`.
constexpr std::string_view each_kind = R"(==13916== Memcheck, a memory error detector
==13916== Copyright (C) 2002-2022, and GNU GPL'd, by Julian Seward et al.
==13916== Using Valgrind-3.19.0 and LibVEX; rerun with -h for copyright info
==13916== Command: ./program
==13916== 
==13916== 
==13916== HEAP SUMMARY:
==13916==     in use at exit: 962 bytes in 10 blocks
==13916==   total heap usage: 15 allocs, 5 frees, 73,666 bytes allocated
==13916== 
==13916== LEAK SUMMARY:
==13916==    definitely lost: 16 bytes in 1 blocks
==13916==    indirectly lost: 32 bytes in 2 blocks
==13916==      possibly lost: 900 bytes in 3 blocks
==13916==    still reachable: 10 bytes in 4 blocks
==13916==         suppressed: 4 bytes in 0 blocks
==13916== Rerun with --leak-check=full to see details of leaked memory
==13916== 
==13916== For lists of detected and suppressed errors, rerun with: -s
==13916== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)
)";

constexpr std::string_view large = R"(==7== HEAP SUMMARY:
==7==     in use at exit: 8,589,941,592 bytes in 1,048,579 blocks
==7==   total heap usage: 2,097,158 allocs, 1,048,579 frees, 17,179,883,184 bytes allocated
==7== 
==7== LEAK SUMMARY:
==7==    definitely lost: 8,589,934,592 bytes in 1,048,576 blocks
==7==    indirectly lost: 0 bytes in 0 blocks
==7==      possibly lost: 3,000 bytes in 1 blocks
==7==    still reachable: 4,000 bytes in 2 blocks
==7==         suppressed: 0 bytes in 0 blocks
==7== 
==7== ERROR SUMMARY: 1 errors from 1 contexts (suppressed: 0 from 0)
)";

constexpr std::string_view nothing_lost = R"(==14176== HEAP SUMMARY:
==14176==     in use at exit: 0 bytes in 0 blocks
==14176==   total heap usage: 1,204 allocs, 1,204 frees, 98,110 bytes allocated
==14176== 
==14176== All heap blocks were freed -- no leaks are possible
==14176== 
==14176== For lists of detected and suppressed errors, rerun with: -s
==14176== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)
)";

// With --suppressions=FILE, in which each leak was declared known.
constexpr std::string_view all_suppressed = R"(==14309== HEAP SUMMARY:
==14309==     in use at exit: 3,042 bytes in 4 blocks
==14309==   total heap usage: 5 allocs, 1 frees, 75,746 bytes allocated
==14309== 
==14309== LEAK SUMMARY:
==14309==    definitely lost: 0 bytes in 0 blocks
==14309==    indirectly lost: 0 bytes in 0 blocks
==14309==      possibly lost: 0 bytes in 0 blocks
==14309==    still reachable: 0 bytes in 0 blocks
==14309==         suppressed: 3,042 bytes in 4 blocks
==14309== 
==14309== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 2 from 2)
)";

constexpr std::string_view heuristic = R"(==501== HEAP SUMMARY:
==501==     in use at exit: 272 bytes in 5 blocks
==501==   total heap usage: 7 allocs, 2 frees, 73,000 bytes allocated
==501== 
==501== LEAK SUMMARY:
==501==    definitely lost: 0 bytes in 0 blocks
==501==    indirectly lost: 0 bytes in 0 blocks
==501==      possibly lost: 40 bytes in 1 blocks
==501==    still reachable: 232 bytes in 4 blocks
==501==                       of which reachable via heuristic:
==501==                         stdstring          : 56 bytes in 2 blocks
==501==                         newarray           : 104 bytes in 1 blocks
==501==         suppressed: 0 bytes in 0 blocks
==501== 
==501== ERROR SUMMARY: 1 errors from 1 contexts (suppressed: 0 from 0)
)";

// With --leak-check=full.
constexpr std::string_view with_details = R"(==88== HEAP SUMMARY:
==88==     in use at exit: 48 bytes in 3 blocks
==88==   total heap usage: 4 allocs, 1 frees, 72,752 bytes allocated
==88== 
==88== 16 bytes in 1 blocks are possibly lost in loss record 1 of 2
==88==    at 0x48417B4: malloc (in /usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)
==88==    by 0x109176: main (timetable.cpp:7)
==88== 
==88== 32 (16 direct, 16 indirect) bytes in 1 blocks are definitely lost in loss record 2 of 2
==88==    at 0x48417B4: malloc (in /usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)
==88==    by 0x1091BF: main (timetable.cpp:8)
==88== 
==88== LEAK SUMMARY:
==88==    definitely lost: 16 bytes in 1 blocks
==88==    indirectly lost: 16 bytes in 1 blocks
==88==      possibly lost: 16 bytes in 1 blocks
==88==    still reachable: 0 bytes in 0 blocks
==88==         suppressed: 0 bytes in 0 blocks
==88== 
==88== ERROR SUMMARY: 2 errors from 2 contexts (suppressed: 0 from 0)
)";

constexpr std::string_view with_output = R"(==30== Command: ./lost_property
==30== 
definitely lost: 99 bytes in 98 blocks
LEAK SUMMARY: in use at exit: 97 bytes in 96 blocks
total heap usage: 95 allocs, 94 frees
== HEAP SUMMARY: ==    definitely lost: 93 bytes in 92 blocks
All heap blocks were freed -- no leaks are possible
Still searching for the umbrella of row 7...==30== 
==30== HEAP SUMMARY:
==30==     in use at exit: 24 bytes in 3 blocks
==30==   total heap usage: 6 allocs, 3 frees, 73,000 bytes allocated
==30== 
suppressed: 91 bytes in 90 blocks
==30== LEAK SUMMARY:
==30==    definitely lost: 24 bytes in 3 blocks
definitely lost: 89 bytes in 88 blocks
==30==    indirectly lost: 0 bytes in 0 blocks
==30==      possibly lost: 0 bytes in 0 blocks
==30==    still reachable: 0 bytes in 0 blocks
==30==         suppressed: 0 bytes in 0 blocks
==30== 
==30== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)
still reachable: 87 bytes in 86 blocks
)";

// With --leak-check=no, or cut off: what was in use is known, how it was lost is not.
constexpr std::string_view no_search = R"(==61== HEAP SUMMARY:
==61==     in use at exit: 24 bytes in 3 blocks
==61==   total heap usage: 6 allocs, 3 frees, 73,000 bytes allocated
==61== 
==61== For a detailed leak analysis, rerun with: --leak-check=full
==61== 
==61== ERROR SUMMARY: 0 errors from 0 contexts (suppressed: 0 from 0)
)";

summary read(std::string_view report)
{
    INFO("the report is:\n", std::string{report});
    const std::optional<summary> numbers = read_summary(report);
    REQUIRE(numbers.has_value());
    return *numbers;
}

// The program that Valgrind watches now.
void lose_tickets()
{
    std::printf("definitely lost: 1 umbrella\nsearching");
    for (int i = 0; i < 3; ++i) static_cast<char*>(std::malloc(1500))[0] = 'T';
}

} // namespace

extern "C" int heaplings_probe(int, char**)
{
    lose_tickets();
    return 0;
}

TEST_CASE("the heap summary: bytes, blocks, allocs and frees each have their place")
{
    const summary numbers = read(each_kind);
    CHECK(numbers.in_use_bytes == 962);
    CHECK(numbers.in_use_blocks == 10);
    CHECK(numbers.allocs == 15);
    CHECK(numbers.frees == 5);
}

TEST_CASE("the leak summary: each kind has its bytes and its blocks")
{
    const summary numbers = read(each_kind);
    CHECK(numbers.definite == lost{16, 1});
    CHECK(numbers.indirect == lost{32, 2});
    CHECK(numbers.possible == lost{900, 3});
    CHECK(numbers.reachable == lost{10, 4});
    CHECK(numbers.suppressed == lost{4, 0});
}

TEST_CASE("commas between the digits belong to the number, which may need 64 bits")
{
    const summary numbers = read(large);
    CHECK(numbers.in_use_bytes == 8'589'941'592);
    CHECK(numbers.in_use_blocks == 1'048'579);
    CHECK(numbers.allocs == 2'097'158);
    CHECK(numbers.frees == 1'048'579);
    CHECK(numbers.definite == lost{8'589'934'592, 1'048'576});
    CHECK(numbers.possible == lost{3'000, 1});
    CHECK(numbers.reachable == lost{4'000, 2});
}

TEST_CASE("where no leaks are possible there is no leak summary, and all its numbers are 0")
{
    const summary numbers = read(nothing_lost);
    CHECK(numbers.in_use_bytes == 0);
    CHECK(numbers.allocs == 1'204);
    CHECK(numbers.frees == 1'204);
    for (const lost& kind : {numbers.definite, numbers.indirect, numbers.possible,
                             numbers.reachable, numbers.suppressed}) {
        CHECK(kind == lost{0, 0});
    }
}

TEST_CASE("suppressed leaks are a kind of their own")
{
    const summary numbers = read(all_suppressed);
    CHECK(numbers.in_use_bytes == 3'042);
    CHECK(numbers.definite == lost{0, 0});
    CHECK(numbers.reachable == lost{0, 0});
    CHECK(numbers.suppressed == lost{3'042, 4});
}

TEST_CASE("blocks reachable via a heuristic are counted once, in still reachable")
{
    const summary numbers = read(heuristic);
    CHECK(numbers.possible == lost{40, 1});
    CHECK(numbers.reachable == lost{232, 4});
    CHECK(numbers.suppressed == lost{0, 0});
}

TEST_CASE("the details of --leak-check=full are not the leak summary")
{
    const summary numbers = read(with_details);
    CHECK(numbers.in_use_bytes == 48);
    CHECK(numbers.definite == lost{16, 1});
    CHECK(numbers.indirect == lost{16, 1});
    CHECK(numbers.possible == lost{16, 1});
}

TEST_CASE("what the program itself printed is not Valgrind's word")
{
    const summary numbers = read(with_output);
    CHECK(numbers.in_use_bytes == 24);
    CHECK(numbers.in_use_blocks == 3);
    CHECK(numbers.allocs == 6);
    CHECK(numbers.frees == 3);
    CHECK(numbers.definite == lost{24, 3});
    CHECK(numbers.reachable == lost{0, 0});
    CHECK(numbers.suppressed == lost{0, 0});
}

TEST_CASE("a report without the summaries gives nothing")
{
    CHECK_FALSE(read_summary("").has_value());
    CHECK_FALSE(read_summary("definitely lost: 99 bytes in 98 blocks\n").has_value());
    CHECK_FALSE(read_summary("==12== Memcheck, a memory error detector\n==12== \n").has_value());
    CHECK_FALSE(read_summary(no_search).has_value());
    CHECK_FALSE(read_summary(each_kind.substr(0, each_kind.find("==13916== LEAK"))).has_value());
}

TEST_CASE("a program that runs now loses 3 blocks, without and with --leak-check=full")
{
    for (const char* const check : {"--leak-check=summary", "--leak-check=full"}) {
        const summary numbers = read(support::terminal_of_valgrind({check}));
        CHECK(numbers.definite == lost{4'500, 3});
        CHECK(numbers.allocs - numbers.frees == numbers.in_use_blocks);
        CHECK(numbers.in_use_bytes == numbers.definite.bytes + numbers.indirect.bytes +
                                          numbers.possible.bytes + numbers.reachable.bytes +
                                          numbers.suppressed.bytes);
    }
}
