#include "course.hpp"

#include "scratch_folder.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

using namespace heaplings::tools;

namespace {

course two_chapters()
{
    const scratch_folder scratch;
    write_file(scratch.path / "course.json", R"({
        "source": "/home/ada/my heaplings", "build": "/home/ada/my heaplings/build/learn",
        "compiler": "/usr/bin/c++", "make_program": "/usr/bin/ninja", "valgrind": "",
        "exercises": [
            {"chapter": "1_allocate", "number": 1, "name": "first_malloc", "title": "t",
             "runs": ["native", "valgrind"], "defines": [],
             "memory_mib": 32, "swap_mib": 0, "live": false},
            {"chapter": "1_allocate", "number": 2, "name": "which_way", "title": "t",
             "runs": ["native"], "defines": [],
             "memory_mib": 32, "swap_mib": 0, "live": false},
            {"chapter": "8_allocators", "number": 1, "name": "bump_arena", "title": "t",
             "runs": ["native", "kernel"], "defines": ["malloc"],
             "memory_mib": 64, "swap_mib": 16, "live": true}]})");
    return load_course(scratch.path);
}

std::vector<std::string> names_of(const std::vector<const exercise*>& selected)
{
    std::vector<std::string> names;
    for (const exercise* e : selected) names.push_back(e->name);
    return names;
}

} // namespace

TEST_CASE("course.json becomes exercises with their files")
{
    const course all = two_chapters();
    REQUIRE(all.exercises.size() == 3);
    const exercise& e = all.exercises[1];
    CHECK(e.id == "1.2_which_way");
    CHECK(e.file == "/home/ada/my heaplings/exercises/1_allocate/2_which_way.cpp");
    CHECK(e.spec == "/home/ada/my heaplings/exercises/1_allocate/spec/which_way.cpp");
    CHECK(e.notes == "/home/ada/my heaplings/exercises/1_allocate/notes/which_way.md");
    CHECK(e.work == "/home/ada/my heaplings/build/learn/course/1_allocate/2_which_way");
    CHECK(e.program() == e.work / "2_which_way");
    CHECK(e.test(run_kind::native) == "1.2_which_way");
    CHECK(e.test(run_kind::valgrind) == "1.2_which_way.valgrind");
    CHECK(all.exercises[2].defines == std::vector<std::string>{"malloc"});
}

TEST_CASE("an exercise is found by each of its names")
{
    const course all = two_chapters();
    for (const char* name : {"which_way", "2_which_way", "1.2", "1.2_which_way", "2_which_way.cpp",
                             "exercises/1_allocate/2_which_way.cpp", "./2_which_way.cpp"}) {
        CAPTURE(name);
        CHECK(find_exercise(all, name).name == "which_way");
    }
}

TEST_CASE("chapters and exercises are selected in course order, without doubles")
{
    const course all = two_chapters();
    const std::vector<std::string> whole{"first_malloc", "which_way", "bump_arena"};
    CHECK(names_of(select_exercises(all, {})) == whole);
    CHECK(names_of(select_exercises(all, {"bump_arena", "allocate", "which_way"})) == whole);
    for (const char* chapter : {"1", "allocate", "1_allocate", "exercises/1_allocate/"}) {
        CAPTURE(chapter);
        CHECK(names_of(select_exercises(all, {chapter})) ==
              std::vector<std::string>{"first_malloc", "which_way"});
    }
}

TEST_CASE("an unknown name is refused with the nearest one")
{
    const course all = two_chapters();
    CHECK_THROWS_WITH_AS(static_cast<void>(find_exercise(all, "wich_way")),
                         doctest::Contains("did you mean 'which_way'"), usage_error);
    CHECK_THROWS_WITH_AS(static_cast<void>(select_exercises(all, {"1_alocate"})),
                         doctest::Contains("did you mean '1_allocate'"), usage_error);
    CHECK_THROWS_AS(static_cast<void>(find_exercise(all, "")), usage_error);
}

TEST_CASE("a missing or broken course.json is an error that names the file")
{
    CHECK_THROWS_WITH_AS(static_cast<void>(load_course("/nonexistent")),
                         doctest::Contains("/nonexistent/course.json"), usage_error);
    const scratch_folder scratch;
    for (const char* text : {"", "{", "[]", R"({"source": 1})"}) {
        CAPTURE(text);
        write_file(scratch.path / "course.json", text);
        CHECK_THROWS_WITH_AS(static_cast<void>(load_course(scratch.path)),
                             doctest::Contains("course.json"), std::runtime_error);
    }
}
