#include <heaplings/proc/oom_score.hpp>
#include <heaplings/proc/oom_score_adj.hpp>

#include "exited_child.hpp"
#include "synthetic_proc.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <system_error>

using heaplings::oom_score_adj_max;
using heaplings::oom_score_adj_min;
using heaplings::parse_error;
using heaplings::read_oom_score;
using heaplings::read_oom_score_adj;

namespace {

// Checks that `read` refuses `text` as the content of `name`, and says so.
template <typename Read>
void check_refused(std::string_view name, const std::string& text, Read read)
{
    CAPTURE(text);
    const synthetic_proc proc;
    proc.write(name, text);
    try {
        static_cast<void>(read(proc.process, proc.root()));
        FAIL_CHECK("no error");
    } catch (const parse_error& error) {
        CHECK(error.file() == (proc.directory() / name).native());
        CHECK(error.line() == 1);
        CHECK(error.text() == text);
    }
}

} // namespace

TEST_SUITE_BEGIN("proc/oom_score");

TEST_CASE("recorded scores are read, those of kernel threads and zombies as zero")
{
    const synthetic_proc proc;
    const auto score = [&](std::string_view capture) {
        proc.copy("oom_score", capture);
        return read_oom_score(proc.process, proc.root()).value_or(-1);
    };
    CHECK(score("weird") == 850);
    CHECK(score("huge") == 668);
    CHECK(score("leadergone") == 758);
    for (const std::string_view exempt : {"init", "kthread", "zombie"}) CHECK(score(exempt) == 0);

    proc.copy("oom_score_adj", "weird");
    CHECK(read_oom_score_adj(proc.process, proc.root()) == 250);
    proc.copy("oom_score_adj", "init");
    CHECK(read_oom_score_adj(proc.process, proc.root()) == 0);
}

TEST_CASE("the least and the greatest values are read")
{
    const synthetic_proc proc;
    proc.write("oom_score", "2147483647\n");
    CHECK(read_oom_score(proc.process, proc.root()) == 2147483647);
    proc.write("oom_score_adj", "-1000\n");
    CHECK(read_oom_score_adj(proc.process, proc.root()) == oom_score_adj_min);
    proc.write("oom_score_adj", "1000\n");
    CHECK(read_oom_score_adj(proc.process, proc.root()) == oom_score_adj_max);
}

TEST_CASE("a malformed score is an error that names file, line and text")
{
    const auto score = [](auto... from) { return read_oom_score(from...); };
    for (const char* text : {"", "\n", "x\n", "12", "-1\n", "2147483648\n", "1 2\n", "1\n\n"}) {
        check_refused("oom_score", text, score);
    }
    const auto adj = [](auto... from) { return read_oom_score_adj(from...); };
    for (const char* text : {"", "-\n", "1001\n", "-1001\n", "--1\n", "+1\n", "5", "1 2\n",
                             "-2147483649\n", "18446744073709551616\n"}) {
        check_refused("oom_score_adj", text, adj);
    }
}

TEST_CASE("a zombie scores zero, a process that is gone has no score")
{
    exited_child child;
    CHECK(read_oom_score(child.id()) == 0);
    CHECK(read_oom_score_adj(child.id()) == read_oom_score_adj());
    child.wait();
    CHECK_FALSE(read_oom_score(child.id()));
    CHECK_FALSE(read_oom_score_adj(child.id()));
}

TEST_CASE("a mount that does not exist is an error, not a process that is gone")
{
    const std::string_view proc = "/no/such/mount";
    CHECK_THROWS_AS(static_cast<void>(read_oom_score(heaplings::process_id{1}, proc)),
                    std::system_error);
    CHECK_THROWS_AS(static_cast<void>(read_oom_score_adj(heaplings::process_id{1}, proc)),
                    std::system_error);
}

TEST_SUITE_END();
