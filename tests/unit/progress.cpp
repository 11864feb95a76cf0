#include "progress.hpp"

#include "scratch_folder.hpp"
#include "text.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

using namespace heaplings::tools;

namespace {

// A course of two exercises with real files below a folder of its own.
struct small_course
{
    small_course()
    {
        all.source = scratch.path;
        for (const char* name : {"one", "two"}) {
            exercise e;
            e.chapter = "1_allocate";
            e.name = name;
            e.id = name;
            e.runs = {run_kind::native, run_kind::valgrind};
            e.work = all.source / name;
            e.file = e.work / "answer.cpp";
            e.spec = e.work / "spec.cpp";
            std::filesystem::create_directory(e.work);
            write_file(e.file, "answer");
            write_file(e.spec, "spec");
            all.exercises.push_back(e);
        }
    }

    void judged(std::size_t index, run_kind kind, state is)
    {
        verdict v;
        v.is = is;
        v.headline = "headline";
        v.details = "line\n\"quoted\" \xff\n";
        v.took = std::chrono::milliseconds{12};
        remember(all.exercises[index], kind, v);
    }

    scratch_folder scratch;
    course all;
};

} // namespace

TEST_CASE("a verdict is remembered until the answer or the spec changes")
{
    small_course c;
    const exercise& e = c.all.exercises[0];
    CHECK_FALSE(recall(e, run_kind::native).has_value());
    c.judged(0, run_kind::native, state::failed);
    const auto last = recall(e, run_kind::native);
    REQUIRE(last.has_value());
    CHECK(last->is == state::failed);
    CHECK(last->headline == "headline");
    CHECK(last->details == "line\n\"quoted\" \ufffd\n"); // what is not UTF-8 does not break it
    CHECK(last->took == std::chrono::milliseconds{12});
    CHECK_FALSE(recall(e, run_kind::valgrind).has_value());

    write_file(e.file, "another answer");
    CHECK_FALSE(recall(e, run_kind::native).has_value());
    write_file(e.file, "answer");
    CHECK(recall(e, run_kind::native).has_value());
    write_file(e.spec, "another spec");
    CHECK_FALSE(recall(e, run_kind::native).has_value());
}

TEST_CASE("an exercise is solved when each of its runs passed")
{
    small_course c;
    const exercise& e = c.all.exercises[0];
    CHECK(standing_of(e) == standing::unsolved);
    c.judged(0, run_kind::native, state::passed);
    CHECK(standing_of(e) == standing::unsolved);
    c.judged(0, run_kind::valgrind, state::unavailable);
    CHECK(standing_of(e) == standing::unchecked);
    c.judged(0, run_kind::valgrind, state::passed);
    CHECK(standing_of(e) == standing::solved);
    c.judged(0, run_kind::native, state::not_built);
    CHECK(standing_of(e) == standing::unsolved);
}

TEST_CASE("progress counts the solved and names the first that is not")
{
    small_course c;
    CHECK(progress_of(c.all).next == &c.all.exercises[0]);
    for (const run_kind kind : {run_kind::native, run_kind::valgrind}) {
        c.judged(0, kind, state::passed);
    }
    const progress sums = progress_of(c.all);
    CHECK(sums.solved == 1);
    CHECK(sums.all == 2);
    CHECK(sums.next == &c.all.exercises[1]);
    REQUIRE(sums.chapters.size() == 1);
    CHECK(sums.chapters[0].solved == 1);
}

TEST_CASE("what is not checked here is neither solved nor next")
{
    small_course c;
    c.judged(0, run_kind::native, state::passed);
    c.judged(0, run_kind::valgrind, state::unavailable);
    const progress sums = progress_of(c.all);
    CHECK(sums.solved == 0);
    CHECK(sums.unchecked == 1);
    CHECK(sums.next == &c.all.exercises[1]);
}

TEST_CASE("a broken verdict file counts as no verdict")
{
    small_course c;
    c.judged(0, run_kind::native, state::passed);
    for (const char* text :
         {"", "{", "[]", "{\"state\": \"passed\"}", "{\"state\": 1, \"of\": 2}"}) {
        CAPTURE(text);
        write_file(c.all.exercises[0].work / "verdict.native.json", text);
        CHECK_FALSE(recall(c.all.exercises[0], run_kind::native).has_value());
    }
}

TEST_CASE("the JSON for other programs names states and the next exercise")
{
    small_course c;
    c.judged(0, run_kind::native, state::failed);
    const std::string json = progress_json(c.all);
    CHECK(json.find("\"next\": \"one\"") != std::string::npos);
    CHECK(json.find("\"native\": \"failed\"") != std::string::npos);
    CHECK(json.find("\"valgrind\": \"not_run\"") != std::string::npos);
    CHECK(json.find("\"state\": \"unsolved\"") != std::string::npos);
}
