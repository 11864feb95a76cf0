// What becomes of readers whose process goes meanwhile.
#include "proc_readers.hpp"

#include <doctest/doctest.h>

#include <sys/types.h>
#include <unistd.h>

#include <csignal>
#include <string>

using heaplings::process_id;

namespace {

// While it exists, the kernel waits for children: they go at once, without being zombies for long.
class children_go_by_themselves
{
public:
    children_go_by_themselves() : before_{std::signal(SIGCHLD, SIG_IGN)} {}
    ~children_go_by_themselves() { std::signal(SIGCHLD, before_); }
    children_go_by_themselves(const children_go_by_themselves&) = delete;
    children_go_by_themselves& operator=(const children_go_by_themselves&) = delete;

private:
    void (*before_)(int);
};

} // namespace

TEST_SUITE_BEGIN("proc/vanishing");

TEST_CASE("a process that goes while it is read is gone, at whatever point, and no error")
{
    const children_go_by_themselves children;
    for (const reader& r : readers_of_processes) {
        INFO(std::string{r.name});
        for (int i = 0; i < 10; ++i) {
            const pid_t child = fork();
            REQUIRE(child >= 0);
            if (child == 0) _exit(0);
            while (kill(child, 0) == 0) CHECK_NOTHROW(r.read(process_id{child}));
            CHECK(r.read(process_id{child}) == 0);
        }
    }
}

TEST_SUITE_END();
