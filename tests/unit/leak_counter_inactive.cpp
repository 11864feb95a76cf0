// For a program without hooks, and for one whose hooks never run: under Valgrind or a sanitizer.
#include <heaplings/leak_counter.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

using heaplings::hook;
using heaplings::hooks_active;
using heaplings::leak_scope;
using heaplings::no_active_hook;
using heaplings::scope_extent;

std::string refusal(hook needed)
{
    try {
        const leak_scope scope{scope_extent::process, needed};
    } catch (const no_active_hook& error) {
        return error.what();
    }
    return "none";
}

} // namespace

TEST_CASE("hooks that never run are not active")
{
    CHECK_FALSE(hooks_active());
    CHECK_FALSE(hooks_active(hook::operator_new));
    CHECK_FALSE(hooks_active(hook::malloc));
}

TEST_CASE("a scope that could see nothing is refused")
{
    CHECK_THROWS_AS(leak_scope{}, no_active_hook);
    CHECK_THROWS_AS(leak_scope{scope_extent::process}, no_active_hook);
    CHECK_THROWS_AS((leak_scope{scope_extent::this_thread, hook::malloc}), no_active_hook);
}

TEST_CASE("the refusal says what is not counted and which header counts it")
{
    CHECK(refusal(hook::operator_new).find("operator new is not counted") != std::string::npos);
    CHECK(refusal(hook::operator_new).find("leak_counter/hooks.hpp") != std::string::npos);
    CHECK(refusal(hook::malloc).find("malloc is not counted") != std::string::npos);
    CHECK(refusal(hook::malloc).find("leak_counter/malloc_hooks.hpp") != std::string::npos);
}
