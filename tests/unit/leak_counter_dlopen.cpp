// Code that is loaded while the program runs is counted as the program's own.
#include "leak_counter_support.hpp"

#include <doctest/doctest.h>

#include <dlfcn.h>

#include <cstddef>
#include <string>

namespace {

using heaplings::bytes;
using heaplings::leak_scope;
using namespace leak_counter_support;

class plugin
{
public:
    plugin() : handle_{dlopen(HEAPLINGS_PLUGIN, RTLD_NOW)}
    {
        REQUIRE_MESSAGE(handle_ != nullptr, dlerror());
    }
    plugin(const plugin&) = delete;
    plugin& operator=(const plugin&) = delete;
    ~plugin() { dlclose(handle_); }

    template <typename Function>
    [[nodiscard]] Function* function(const char* name) const
    {
        return reinterpret_cast<Function*>(dlsym(handle_, name));
    }

private:
    void* handle_;
};

} // namespace

TEST_CASE("blocks of a loaded library are counted, wherever they are freed")
{
    const plugin loaded;
    const auto make = loaded.function<char*(std::size_t)>("plugin_make");
    const auto drop = loaded.function<void(char*)>("plugin_drop");
    const auto text = loaded.function<std::string*()>("plugin_text");
    const leak_scope scope;
    delete[] make(10);
    drop(escape(new char[20]));
    delete text();
    const auto counts = scope.counts();
    CHECK(counts.allocations == 4);
    CHECK(counts.live_blocks == 0);
    CHECK(counts.bad_frees == 0);
}

TEST_CASE("what a loaded library leaks is told by its line, while it is loaded")
{
    std::string while_loaded;
    std::string afterwards;
    const leak_scope scope;
    char* leaked = nullptr;
    {
        const plugin loaded;
        leaked = loaded.function<char*(std::size_t)>("plugin_make")(10);
        while_loaded = text_of(scope.report());
    }
    const auto report = scope.report();
    delete[] leaked;
    CAPTURE(while_loaded);
    CHECK(contains(while_loaded, "plugin_make"));
    CHECK(contains(while_loaded, "leak_counter_plugin.cpp:"));
    bool is_told = false; // with while_loaded's own block
    for (const auto& leak : report.leaks()) is_told = is_told || leak.address == leaked;
    CHECK(is_told);
}

TEST_CASE("a bad free between the program and a loaded library is told")
{
    const plugin loaded;
    const leak_scope scope;
    ::operator delete(loaded.function<char*(std::size_t)>("plugin_make")(10));
    const auto report = scope.report();
    REQUIRE(report.bad_frees().size() == 1);
    CHECK(report.bad_frees()[0].kind() == heaplings::bad_free_kind::mismatch);
}
