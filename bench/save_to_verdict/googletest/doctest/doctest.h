// doctest's macros in terms of GoogleTest's.
#pragma once
#include <gtest/gtest.h>
#include <sstream>
#include <string>

template <class... Parts> std::string as_text(const Parts&... parts)
{
    std::ostringstream text;
    (text << ... << parts);
    return text.str();
}

#define GLUE_(a, b) a##b
#define GLUE(a, b) GLUE_(a, b)
#define TEST_CASE(name) TEST(spec, GLUE(line_, __LINE__))
#define CHECK(...) EXPECT_TRUE((__VA_ARGS__))
#define REQUIRE(...) EXPECT_TRUE((__VA_ARGS__))
#define INFO(...) SCOPED_TRACE(as_text(__VA_ARGS__))
