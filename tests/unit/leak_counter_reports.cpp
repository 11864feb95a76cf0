// What a report tells: which blocks leaked, where they come from, which are not meant.
#include "leak_counter_support.hpp"

#include <doctest/doctest.h>

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

using heaplings::allocation_kind;
using heaplings::bytes;
using heaplings::call_stacks;
using heaplings::hook;
using heaplings::leak_scope;
using heaplings::no_leaks;
using heaplings::not_counted;
using heaplings::scope_extent;
using namespace leak_counter_support;

#define HERE(offset) ("leak_counter_reports.cpp:" + std::to_string(__LINE__ + (offset)) + ")")

// What of a report names a line of this file, the innermost frame of each place.
std::string report_of(const leak_scope& scope)
{
    return text_of(scope.report());
}

[[gnu::noinline]] int* cached_answer()
{
    static int* answer = escape(new int{42});
    return answer;
}

} // namespace

namespace app {

[[gnu::noinline]] char* registry_entry(std::size_t size)
{
    return escape(new char[size]);
}

struct cache
{
    template <typename T>
    [[gnu::noinline]] static T* make()
    {
        return escape(new T{});
    }
};

} // namespace app

TEST_CASE("a report of a scope that leaks nothing is empty")
{
    const leak_scope scope;
    delete escape(new int);
    const auto report = scope.report();
    CHECK(report.empty());
    CHECK(report == no_leaks);
    CHECK(report.leaked_blocks() == 0);
    CHECK(report.leaked_bytes() == bytes{0});
    CHECK(text_of(report) == "no leak and no bad free");
}

TEST_CASE("a report lists the blocks that are live, with size and kind")
{
    const leak_scope scope;
    int* one = escape(new int{1});
    char* many = escape(new char[100]);
    delete escape(new long);
    const auto report = scope.report();
    delete one;
    delete[] many;

    CHECK(report != no_leaks);
    CHECK(report.leaked_blocks() == 2);
    CHECK(report.leaked_bytes() == bytes{104});
    REQUIRE(report.leaks().size() == 2);
    const auto& leaks = report.leaks();
    CHECK(std::is_sorted(leaks.begin(), leaks.end(),
                         [](const auto& a, const auto& b) { return a.address < b.address; }));
    for (const auto& leak : leaks) {
        const bool is_array = leak.address == many;
        CHECK((is_array || leak.address == one));
        CHECK(leak.size == bytes{is_array ? 100 : 4});
        CHECK(leak.kind == (is_array ? allocation_kind::new_array : allocation_kind::new_single));
        CHECK(leak.stack.size() >= 2);
    }
}

TEST_CASE("a report names the user's line, not the standard library's")
{
    std::vector<std::string> expected;
    const leak_scope scope;
    auto vector = std::make_unique<std::vector<int>*>(new std::vector<int>); // fetched by line
    expected.push_back(HERE(-1));
    (*vector)->resize(100);
    expected.push_back(HERE(-1));
    auto* text = escape(new std::string(100, 'x'));
    expected.push_back(HERE(-1));
    auto* tree = escape(new std::map<int, int>);
    (*tree)[4] = 5;
    expected.push_back(HERE(-1));
    auto* table = escape(new std::unordered_map<int, std::string>);
    table->emplace(1, "a");
    expected.push_back(HERE(-1));
    auto* shared = escape(new std::shared_ptr<long>(std::make_shared<long>(4)));
    expected.push_back(HERE(-1));
    const std::string report = report_of(scope);
    delete *vector;
    delete text;
    delete tree;
    delete table;
    delete shared;

    for (const std::string& line : expected) {
        CAPTURE(line);
        CAPTURE(report);
        CHECK(contains(report, line));
    }
    CHECK_FALSE(contains(report, "/c++/"));
    CHECK_FALSE(contains(report, "std::vector<int, std::allocator<int> >::"));
}

TEST_CASE("a report names the callers, innermost first")
{
    const leak_scope scope;
    char* entry = app::registry_entry(10);
    const std::string report = report_of(scope);
    delete[] entry;
    const std::size_t inner = report.find("app::registry_entry(unsigned long)");
    const std::size_t outer = report.find(HERE(-4));
    CHECK(inner != report.npos);
    CHECK(outer != report.npos);
    CHECK(inner < outer);
}

TEST_CASE("blocks of the same call stack are one place, the largest place comes first")
{
    const leak_scope scope;
    std::vector<char*> blocks;
    blocks.reserve(10);
    for (int i = 0; i < 7; ++i) blocks.push_back(escape(new char[10]));
    blocks.push_back(escape(new char[500]));
    const std::string report = report_of(scope);
    for (const char* block : blocks) delete[] block;

    CHECK(contains(report, "70 B in 7 blocks, by new[]"));
    CHECK(contains(report, "500 B in 1 block, by new[]"));
    CHECK(report.find("500 B in 1") < report.find("70 B in 7"));
}

TEST_CASE("of many places the largest are shown and the rest counted")
{
    std::vector<char*> blocks;
    blocks.reserve(1000);
    const leak_scope scope;
    // Each level of a recursion is a call stack of its own.
    const auto recurse = [&](auto self, std::size_t depth) -> void {
        blocks.push_back(escape(new char[depth + 1]));
        if (depth < 14) self(self, depth + 1);
        blocks.push_back(escape(new char[depth + 1]));
    };
    recurse(recurse, 0);
    const std::string report = report_of(scope);
    for (const char* block : blocks) delete[] block;
    CHECK(contains(report, "30 leaked blocks"));
    CHECK(contains(report, "more places"));
}

TEST_CASE(
    "a scope of callers alone lists its leaks by the line that called the allocation function")
{
    const leak_scope scope{scope_extent::this_thread, hook::operator_new, call_stacks::caller_only};
    const int line = __LINE__ + 1;
    int* block = escape(new int);
    const auto report = scope.report();
    delete block;
    REQUIRE(report.leaks().size() == 1);
    CHECK(report.leaks()[0].stack.size() == 1);
    CHECK(contains(text_of(report), "leak_counter_reports.cpp:" + std::to_string(line)));
}

TEST_CASE("a report of this thread leaves out the blocks of others, one of the process has them")
{
    const leak_scope of_process{scope_extent::process};
    const leak_scope of_thread;
    char* of_other = nullptr;
    std::thread{[&] { of_other = escape(new char[33]); }}.join();
    char* own = escape(new char[11]);
    const auto in_thread = of_thread.report();
    const auto in_process = of_process.report();
    delete[] own;
    delete[] of_other;

    REQUIRE(in_thread.leaks().size() == 1);
    CHECK(in_thread.leaks()[0].address == own);
    CHECK(in_process.leaked_blocks() == 2);
    CHECK(in_process.leaked_bytes() == bytes{44});
}

TEST_CASE("blocks older than the scope are not in its report")
{
    char* older = escape(new char[10]);
    const leak_scope scope;
    char* younger = escape(new char[20]);
    const auto report = scope.report();
    CHECK(report.leaked_bytes() == bytes{20});
    delete[] older;
    delete[] younger;
}

TEST_CASE("a report, its printing and its end count nothing")
{
    const leak_scope outer;
    {
        const leak_scope scope;
        int* block = escape(new int);
        static_cast<void>(text_of(scope.report()).size());
        delete block;
    }
    const auto report = outer.report();
    CHECK(report == no_leaks);
}

TEST_CASE("what is allocated under not_counted is counted nowhere, nor is its free")
{
    const leak_scope scope;
    char* cached = nullptr;
    {
        const not_counted cache;
        cached = escape(new char[1000]);
        const not_counted within;
    }
    const auto kept = scope.counts();
    const auto report = scope.report();
    delete[] cached;
    const auto freed_later = scope.counts();
    delete escape(new int);
    const auto counted_again = scope.counts();

    CHECK(kept == heaplings::allocation_counts{});
    CHECK(report == no_leaks);
    CHECK(freed_later == heaplings::allocation_counts{});
    CHECK(counted_again == allocated_and_freed(1, bytes{4}));
}

TEST_CASE("not_counted is of its thread alone")
{
    const leak_scope scope{scope_extent::process};
    char* leaked = nullptr;
    {
        const not_counted cache;
        std::thread{[&] { leaked = escape(new char[77]); }}.join();
    }
    const auto report = scope.report();
    delete[] leaked;
    CHECK(report.leaked_bytes() == bytes{77});
}

TEST_CASE("a warm-up makes what is kept, and hands on the result")
{
    const leak_scope scope;
    CHECK(*heaplings::warm_up(cached_answer) == 42);
    const int& answer = heaplings::warm_up([]() -> const int& { return *cached_answer(); });
    CHECK(&answer == cached_answer());
    CHECK(scope.report() == no_leaks);
}

TEST_CASE("functions that are allowed to leak, by name, with what they call")
{
    const leak_scope scope;
    char* first = app::registry_entry(10);
    const auto before = scope.report();
    heaplings::allow_leaks_of("app::registry_entry");
    const auto after = scope.report();
    int* made = app::cache::make<int>();
    const auto other = scope.report();
    heaplings::allow_leaks_of("app::cache::make");
    const auto both = scope.report();
    delete[] first;
    delete made;

    CHECK(before.leaked_blocks() == 1);
    CHECK(after == no_leaks);
    CHECK(other.leaked_blocks() == 1);
    CHECK(both == no_leaks);
}

TEST_CASE("a name that is only a part of a function's name allows nothing")
{
    heaplings::allow_leaks_of("app::cach");
    heaplings::allow_leaks_of("report_o");
    const leak_scope scope;
    char* block = escape(new char[5]);
    const auto report = scope.report();
    delete[] block;
    CHECK(report.leaked_blocks() == 1);
}

TEST_CASE("blocks that a fiber allocates are told by their line, also at the end of its stack")
{
    // A stack of the program's own, with memory behind it that may not be read.
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t size = 16 * page;
    auto* stack = static_cast<char*>(
        mmap(nullptr, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(mprotect(stack + size, page, PROT_NONE) == 0);
    static ucontext_t outside;
    static std::vector<char*> blocks;
    static const int line = __LINE__ + 3;
    const auto fiber = [] {
        for (int i = 0; i < 100; ++i) {
            blocks.push_back(escape(new char[24]));
        }
    };
    blocks.reserve(100);

    const leak_scope scope;
    ucontext_t inside;
    getcontext(&inside);
    inside.uc_stack.ss_sp = stack;
    inside.uc_stack.ss_size = size;
    inside.uc_link = &outside;
    makecontext(&inside, static_cast<void (*)()>(fiber), 0);
    swapcontext(&outside, &inside);
    const auto report = scope.report();
    for (const char* block : blocks) delete[] block;
    blocks = {};
    munmap(stack, size + page);

    CHECK(report.leaked_blocks() == 100);
    CHECK(contains(text_of(report), "leak_counter_reports.cpp:" + std::to_string(line)));
}

TEST_CASE("a report of 100,000 leaks is complete")
{
    std::vector<char*> blocks;
    blocks.reserve(100'000);
    const leak_scope scope;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < 100'000; ++i) {
        blocks.push_back(escape(new char[i % 300]));
        sum += static_cast<std::int64_t>(i % 300);
    }
    const auto report = scope.report();
    for (const char* block : blocks) delete[] block;
    CHECK(report.leaked_blocks() == 100'000);
    CHECK(report.leaked_bytes() == bytes{sum});
    CHECK(report.leaks().size() == 100'000);
}

TEST_CASE("an exception that is caught leaves nothing")
{
    const leak_scope scope{scope_extent::process};
    for (int i = 0; i < 3; ++i) {
        try {
            throw std::string(100, 'x');
        } catch (const std::string& text) {
            escape(text.data());
        }
    }
    CHECK(scope.report() == no_leaks);
}
