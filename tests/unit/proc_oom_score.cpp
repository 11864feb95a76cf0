#include <heaplings/proc/oom_score.hpp>
#include <heaplings/proc/oom_score_adj.hpp>

#include "synthetic_proc.hpp"

#include <heaplings/error.hpp>

#include <doctest/doctest.h>

#include <string>

using heaplings::parse_error;
using heaplings::process_id;
using heaplings::read_oom_score;
using heaplings::read_oom_score_adj;

TEST_SUITE_BEGIN("proc_oom_score");

TEST_CASE("malformed scores are errors")
{
    const synthetic_proc proc;
    for (const std::string text : {"", "\n", "x\n", "12", "-1\n", "99999999999\n", "1 2\n"}) {
        CAPTURE(text);
        proc.write("oom_score", text);
        CHECK_THROWS_AS(static_cast<void>(read_oom_score(proc.process, proc.root())), parse_error);
    }
    for (const std::string text : {"", "-\n", "1001\n", "-1001\n", "--1\n", "+1\n", "5", "1 2\n"}) {
        CAPTURE(text);
        proc.write("oom_score_adj", text);
        CHECK_THROWS_AS(static_cast<void>(read_oom_score_adj(proc.process, proc.root())),
                        parse_error);
    }
    proc.write("oom_score_adj", "-1000\n");
    CHECK(read_oom_score_adj(proc.process, proc.root()) == -1000);
    CHECK_FALSE(read_oom_score(process_id{4243}, proc.root()));
    CHECK_FALSE(read_oom_score_adj(process_id{4243}, proc.root()));
}

TEST_SUITE_END();
