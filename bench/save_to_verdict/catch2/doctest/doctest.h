// doctest's macros are Catch2's, but for INFO, which takes a list.
#pragma once
#include <catch2/catch.hpp>
#undef INFO
#define INFO(...) UNSCOPED_INFO(([](const auto&... parts) { \
    std::ostringstream text; (text << ... << parts); return text.str(); })(__VA_ARGS__))
