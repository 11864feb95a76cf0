#include "prefer.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// This process must survive what it judges.
void set_adjustment(const char* value)
{
    std::ofstream{"/proc/self/oom_score_adj"} << value << std::flush;
}

template <typename Body>
pid_t spawn(Body body)
{
    const pid_t child = ::fork();
    if (child != 0) return child;
    set_adjustment("0");
    body();
    while (true) ::pause();
}

} // namespace

TEST_CASE("sysrq f kills the sacrifice")
{
    set_adjustment("-1000");
    const pid_t sacrifice = spawn([] {});
    const pid_t chooser = spawn([&] {
        prefer(sacrifice);
        std::ofstream{"/proc/sysrq-trigger"} << 'f' << std::flush;
    });
    int status = 0;
    const pid_t first = ::waitpid(-1, &status, 0);
    CHECK(first == sacrifice);
    CHECK(WTERMSIG(status) == SIGKILL);
    ::kill(first == sacrifice ? chooser : sacrifice, SIGKILL);
    ::waitpid(-1, nullptr, 0);
}
