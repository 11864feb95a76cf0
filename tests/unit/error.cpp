#include <heaplings/error.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <ostream> // doctest prints error codes
#include <string>
#include <system_error>
#include <type_traits>

using heaplings::parse_error;

TEST_SUITE_BEGIN("error");

TEST_CASE("a parse error says where it was, what was expected and what was found")
{
    const parse_error error{"/proc/self/maps", 3, "55z0-5600", "a hexadecimal number"};
    CHECK(std::string{error.what()} ==
          "/proc/self/maps:3: expected a hexadecimal number, found \"55z0-5600\"");
    CHECK(error.file() == "/proc/self/maps");
    CHECK(error.line() == 3);
    CHECK(error.text() == "55z0-5600");
}

TEST_CASE("a parse error shows the beginning of a long text")
{
    const std::string line(5000, 'x');
    const parse_error error{"statm", 1, line, "a number"};
    CHECK(error.text() == line.substr(0, 200));
    CHECK(std::string{error.what()}.size() < 300);
}

TEST_CASE("a parse error of an empty line has an empty text")
{
    CHECK(parse_error{"statm", 1, "", "a number"}.text().empty());
}

TEST_CASE(
    "a parse error of a text with a NUL, where what() would end, shows a question mark for it")
{
    const std::string line = std::string{"7 (a"} + '\0' + "b) S" + std::string(300, '\0');
    const parse_error error{"stat", 1, line, "a number"};
    CHECK(error.file() == "stat");
    CHECK(error.text() == "7 (a?b) S" + std::string(191, '?'));
    CHECK(std::string{error.what()}.ends_with("?\""));
}

TEST_CASE("a copy of a parse error, which must not throw, says the same")
{
    CHECK(std::is_nothrow_copy_constructible_v<parse_error>);
    const parse_error error{"maps", 7, "junk", "r or -"};
    const parse_error copy = error;
    CHECK(copy.file() == "maps");
    CHECK(copy.line() == 7);
    CHECK(copy.text() == "junk");
}

TEST_CASE("a failure of the system carries errno and the path")
{
    try {
        heaplings::detail::throw_system_error(EACCES, "open", "/proc/1/maps");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::permission_denied);
        CHECK(std::string{error.what()} == "cannot open /proc/1/maps: Permission denied");
    }
}

TEST_SUITE_END();
