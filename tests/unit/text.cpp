#include "text.hpp"

#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace heaplings::tools;

TEST_CASE("a written file is read back, whole and byte for byte")
{
    const scratch_folder scratch;
    const std::string text = std::string(100'000, 'x') + '\0' + "\xff\n";
    write_file(scratch.path / "file", text);
    CHECK(read_file(scratch.path / "file") == text);
    CHECK(std::distance(std::filesystem::directory_iterator{scratch.path}, {}) == 1);
}

TEST_CASE("a file that does not exist is nothing, one that can't be read is an error with its name")
{
    const scratch_folder scratch;
    CHECK_FALSE(read_file(scratch.path / "absent").has_value());
    CHECK(content_hash(scratch.path / "absent").empty());
    CHECK_THROWS_WITH_AS(static_cast<void>(read_file(scratch.path)),
                         doctest::Contains(scratch.path.c_str()), std::system_error);
    CHECK_THROWS_WITH_AS(write_file(scratch.path / "no" / "file", ""), doctest::Contains("no/file"),
                         std::system_error);
}

TEST_CASE("the hash tells contents apart and does not look at the time")
{
    const scratch_folder scratch;
    const auto file = scratch.path / "file";
    write_file(file, "one");
    const std::string one = content_hash(file);
    write_file(file, "two");
    CHECK(content_hash(file) != one);
    write_file(file, "one");
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::min());
    CHECK(content_hash(file) == one);
}

TEST_CASE("split keeps empty parts")
{
    CHECK(split("", ',') == std::vector<std::string>{""});
    CHECK(split("a,,b,", ',') == std::vector<std::string>{"a", "", "b", ""});
}

TEST_CASE("indent leaves empty lines empty")
{
    CHECK(indent("a\n\nb\n", "  ") == "  a\n\n  b\n");
    CHECK(indent("", "  ").empty());
}

TEST_CASE("wrapped lines have at most 80 columns, and a word that is longer a line of its own")
{
    CHECK(wrapped("one two", 2) == "  one two\n");
    const std::string words = std::string(40, 'a') + ' ' + std::string(39, 'b');
    CHECK(wrapped(words, 0) == words + '\n');
    CHECK(wrapped(words, 1) ==
          ' ' + std::string(40, 'a') + '\n' + "   " + std::string(39, 'b') + '\n');
    const std::string path(100, 'p');
    CHECK(wrapped("in " + path + " now", 0) == "in\n  " + path + "\n  now\n");
}

TEST_CASE("quantities of one are singular")
{
    CHECK(quantity(0, "byte") == "0 bytes");
    CHECK(quantity(1, "byte") == "1 byte");
    CHECK(quantity(2, "block") == "2 blocks");
}

TEST_CASE("tame breaks what ctest or a terminal would obey and leaves the rest")
{
    CHECK(tame("<DartMeasurement name=\"x\">").find("<Dart") == std::string::npos);
    CHECK(tame("<CTestDetails>passed</CTestDetails>").find("<CTest") == std::string::npos);
    CHECK(tame("<<CTestMeasurement").find("<CTest") == std::string::npos);
    CHECK(tame("CTEST_FULL_OUTPUT").find("CTEST_FULL_OUTPUT") == std::string::npos);
    CHECK(tame("\033[2J\r\a\x7f") == "?[2J???");
    CHECK(tame("vector<int> a < b\n\tnaïve") == "vector<int> a < b\n\tnaïve");
}

TEST_CASE("the edit distance counts letters to insert, delete or replace")
{
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("heap", "heap") == 0);
    CHECK(edit_distance("heap", "heaps") == 1);
    CHECK(edit_distance("which_wya", "which_way") == 2);
    CHECK(edit_distance("", "abc") == 3);
}
