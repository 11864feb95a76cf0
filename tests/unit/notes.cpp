#include "notes.hpp"

#include "scratch_folder.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace heaplings::tools;

namespace {

struct notes_file
{
    explicit notes_file(const std::string& text) { write_file(path, text); }
    scratch_folder scratch;
    std::filesystem::path path = scratch.path / "which_way.md";
};

} // namespace

TEST_CASE("hints and the why are read, without the blank lines around them")
{
    const notes_file file{
        "# which_way\n\n## Hint 1\n\nWhat is a pointer?\n\n## Hint 2\nTwo\nlines.\n\n"
        "## Hint 3\nThree.\n## Why\n\nBecause.\n\nAnd so.\n\n"};
    const notes read = read_notes(file.path);
    CHECK(read.hints[0] == "What is a pointer?\n");
    CHECK(read.hints[1] == "Two\nlines.\n");
    CHECK(read.hints[2] == "Three.\n");
    CHECK(read.why == "Because.\n\nAnd so.\n");
}

TEST_CASE("a missing or empty section is an error that names file and section")
{
    for (const char* text : {"## Hint 1\na\n## Hint 2\nb\n## Why\nc\n",
                             "## Hint 1\na\n## Hint 2\nb\n## Hint 3\n\n## Why\nc\n"}) {
        const notes_file file{text};
        CHECK_THROWS_WITH_AS(static_cast<void>(read_notes(file.path)), doctest::Contains("Hint 3"),
                             std::runtime_error);
        CHECK_THROWS_WITH_AS(static_cast<void>(read_notes(file.path)),
                             doctest::Contains(file.path.c_str()), std::runtime_error);
    }
    CHECK_THROWS_AS(static_cast<void>(read_notes("/nonexistent")), std::runtime_error);
}
