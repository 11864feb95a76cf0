#include "kernel/kernel_job.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace heaplings::tools;

TEST_CASE("a job comes out as it went in")
{
    const kernel_job job{.directory = "/a folder\nwith \"all\" sorts",
                         .argv = {"program", "", std::string(200'000, 'x'), "last\n"},
                         .environment = {"A=1", "EMPTY=", "B=two\nlines"},
                         .evidence_descriptor = 100,
                         .challenge_size = 32,
                         .has_input = true,
                         .on_terminal = true,
                         .watches_memory = true,
                         .rows = 24,
                         .columns = 80};
    const std::string disk = encode(job);
    CHECK(disk.size() % sector == 0);
    const kernel_job same = decode_job(disk);
    CHECK(same.directory == job.directory);
    CHECK(same.argv == job.argv);
    CHECK(same.environment == job.environment);
    CHECK(same.evidence_descriptor == 100);
    CHECK(same.challenge_size == 32);
    CHECK(same.has_input);
    CHECK(same.on_terminal);
    CHECK(same.watches_memory);
    CHECK(same.rows == 24);
    CHECK(same.columns == 80);
}

TEST_CASE("without an evidence descriptor there is none afterwards")
{
    CHECK(decode_job(encode({.directory = "/", .argv = {"true"}, .environment = {}}))
              .evidence_descriptor == -1);
}
