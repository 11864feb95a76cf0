#include "spec/fix_every_leak.hpp"
#include "support/malloc_calls.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

namespace {

struct run
{
    std::string printed;
    std::size_t asked = 0;       // calls for memory
    std::size_t live_blocks = 0; // when it had returned
    std::string live_calls;
};

run watched_run()
{
    char* memory = nullptr;
    std::size_t size = 0;
    std::FILE* const file = ::open_memstream(&memory, &size);
    REQUIRE(file != nullptr);
    run seen;
    {
        const support::malloc_watch watch;
        program(file);
        seen.asked = watch.count();
        seen.live_blocks = watch.live_blocks();
        std::ostringstream live;
        for (const support::malloc_call& call : watch.calls()) {
            if (call.is_live()) live << call << ' ';
        }
        seen.live_calls = live.str();
    }
    std::fclose(file);
    seen.printed.assign(memory, size);
    std::free(memory);
    return seen;
}

// The program runs once for all test cases: what Valgrind counts belongs to one run.
const run& the_run()
{
    static const run seen = watched_run();
    return seen;
}

} // namespace

TEST_CASE("the summary is the same as before")
{
    CHECK(the_run().printed == "AURORA: 3 loads, 47 tonnes\n"
                               "BERGEN: 2 loads, 28 tonnes\n"
                               "FRAM: 1 loads, 41 tonnes\n"
                               "heaviest load: Fram, 41 tonnes\n"
                               "unreadable lines: 1\n");
}

TEST_CASE("the program asks for memory as often as before")
{
    CHECK(the_run().asked == 41);
}

TEST_CASE("when the program returns, none of its blocks is left")
{
    INFO("obtained and never freed: ", the_run().live_calls);
    CHECK(the_run().live_blocks == 0);
}
