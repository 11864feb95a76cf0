#include <heaplings/heap_probe/picture.hpp>

#include "probed_memory.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

namespace {

int initialised = 42;
int zeroed;
int function()
{
    return initialised;
}

} // namespace

TEST_CASE("the picture shows the regions from high to low addresses, with the markers in them")
{
    int local = 0;
    const block b = allocate(64U << 20);
    const heaplings::marker markers[] = {{"a local variable", &local},
                                         {"a large block", b.get()},
                                         {"the same block", b.get()},
                                         {"an initialised variable", &initialised},
                                         {"a zeroed variable", &zeroed},
                                         {"a function", reinterpret_cast<void*>(&function)},
                                         {"null", nullptr},
                                         {"beyond", at(~std::uintptr_t{0})}};
    std::ostringstream out;
    print_address_space(out, markers);
    const std::string picture = out.str();
    INFO(picture);

    const auto is_in = [&](const std::string& marker, std::string_view box) {
        const auto marked = picture.find("<- " + marker + " ");
        if (marked == picture.npos) return false;
        const auto border = picture.rfind("+----------+\n", marked);
        const auto row = picture.substr(border, picture.find('\n', border + 14) - border);
        return row.find("| " + std::string{box} + " ") != row.npos;
    };
    CHECK(is_in("a local variable", "stack"));
    CHECK(is_in("a large block", "mmap"));
    CHECK(is_in("the same block", "mmap"));
    CHECK(is_in("an initialised variable", "data"));
    CHECK(is_in("a zeroed variable", "bss"));
    CHECK(is_in("a function", "text"));
    std::size_t shown = 0;
    for (auto mark = picture.find("<-"); mark != picture.npos;
         mark = picture.find("<-", mark + 1)) {
        ++shown;
    }
    CHECK(shown == std::size(markers)); // each once
    CHECK(picture.find("<- beyond ") < picture.find("+---"));
    CHECK(picture.find("<- null ") > picture.rfind("+---"));

    std::istringstream lines{picture};
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
}

TEST_CASE("the picture needs no markers and cuts a long name")
{
    std::ostringstream plain;
    heaplings::print_address_space(plain);
    CHECK(plain.str().find("| stack    |") != std::string::npos);
    CHECK(plain.str().find("<-") == std::string::npos);

    const std::string name(200, 'x');
    const heaplings::marker marker{name, at(~std::uintptr_t{0})};
    std::ostringstream out;
    heaplings::print_address_space(out, {&marker, 1});
    const std::string first_line = out.str().substr(0, out.str().find('\n'));
    CHECK(first_line.size() <= 80);
    CHECK(first_line.find("xxx 0xffffffffffffffff") != std::string::npos);
}
