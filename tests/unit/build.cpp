#include "build.hpp"

#include "scratch_folder.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace heaplings::tools;

namespace {

// An exercise whose compiler and linker are shell commands; $file is the learner's.
struct small_exercise
{
    small_exercise()
    {
        e.id = "1.2_which_way";
        e.file = scratch.path / "2_which_way.cpp";
        e.work = scratch.path / "2_which_way";
        std::filesystem::create_directory(e.work);
        write_file(e.file, "text\n");
    }

    int step(build_step which, const std::filesystem::path& output, const std::string& script) const
    {
        const std::string names =
            "file='" + e.file.string() + "' output='" + output.string() + "'\n";
        return run_build_step(which, e.work, e.file,
                              {"/bin/sh", "-c", names + script, "sh", "-o", output.string()});
    }
    int compile(const std::string& script) const
    {
        return step(build_step::compile, object, script);
    }
    int link(const std::string& script) const
    {
        return step(build_step::link, e.program(), script);
    }

    scratch_folder scratch;
    exercise e;
    std::filesystem::path object = scratch.path / "which_way.o";
};

} // namespace

TEST_CASE(
    "a program that was compiled and linked from the file's text is fresh, until that changes")
{
    const small_exercise x;
    CHECK_FALSE(is_fresh(x.e));
    CHECK(x.compile("cp \"$file\" \"$output\"") == 0);
    CHECK_FALSE(is_fresh(x.e));
    CHECK(x.link("cp /bin/true \"$output\"") == 0);
    CHECK(is_fresh(x.e));
    CHECK(object_of(x.e) == x.object);
    CHECK_FALSE(build_errors(x.e).has_value());

    write_file(x.e.file, "another text\n");
    CHECK_FALSE(is_fresh(x.e));
    write_file(x.e.file, "text\n");
    CHECK(is_fresh(x.e));
    std::filesystem::remove(x.e.file);
    CHECK_FALSE(is_fresh(x.e));
}

TEST_CASE("a file that is saved while it is compiled is compiled again")
{
    const small_exercise x;
    const std::string save_once = "cp \"$file\" \"$output\"\n"
                                  "grep -q saved \"$file\" || echo saved >>\"$file\"";
    CHECK(x.compile(save_once) == 0);
    CHECK(x.link("cp /bin/true \"$output\"") == 0);
    CHECK(is_fresh(x.e));
    CHECK(read_file(x.object) == read_file(x.e.file));
}

TEST_CASE("what does not compile leaves no program, no object, and the compiler's words")
{
    const small_exercise x;
    CHECK(x.compile("cp \"$file\" \"$output\"") == 0);
    CHECK(x.link("cp /bin/true \"$output\"") == 0);
    CHECK(x.compile("echo 'which_way.cpp:3:5: error: no' >&2; exit 3") == 3);
    CHECK_FALSE(std::filesystem::exists(x.e.program()));
    CHECK_FALSE(std::filesystem::exists(x.object));
    CHECK(build_errors(x.e) == "which_way.cpp:3:5: error: no\n");
    CHECK_FALSE(is_fresh(x.e));

    CHECK(x.compile("cp \"$file\" \"$output\"") == 0);
    CHECK_FALSE(build_errors(x.e).has_value());
}

TEST_CASE("once compilation has begun the old program is not fresh, also if it is killed")
{
    const small_exercise x;
    CHECK(x.compile("cp \"$file\" \"$output\"") == 0);
    CHECK(x.link("cp /bin/true \"$output\"") == 0);
    CHECK(x.compile("kill -9 $$") == 128 + 9);
    CHECK_FALSE(is_fresh(x.e));
}

TEST_CASE("the first error is shown with the compiler's excerpt, without warnings before it")
{
    CHECK(first_error(
              "a.cpp:1:1: warning: odd\n    1 | x\na.cpp:2:3: error: bad\n    2 | y\n      | ^\n"
              "a.cpp:9:9: error: worse\n") == "a.cpp:2:3: error: bad\n    2 | y\n      | ^\n");
    CHECK(first_error("ld: a.o: in function `f':\na.cpp:7: undefined reference to `which_way'\n") ==
          "a.cpp:7: undefined reference to `which_way'\n");
    CHECK(first_error("nothing known\n") == "nothing known\n");
    CHECK(first_error("").empty());
}
