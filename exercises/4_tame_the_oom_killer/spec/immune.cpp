// The spec of exercise 5, immune.
//
// Whether a process may become immune depends on the machine. So each attempt has a twin: the spec
// tries the same in a child of the same kind, and the learner's answer must be the kernel's. In the
// disposable kernel the attempt succeeds, and sysrq f puts it to the test.
#include "spec/immune.hpp"
#include "support/fresh_child.hpp"
#include "support/kernel_kills.hpp"
#include "support/oom_killer.hpp"

#include <doctest/doctest.h>

#include <heaplings/oom_adjuster/adjustment.hpp>
#include <heaplings/oom_adjuster/prediction.hpp>
#include <heaplings/proc/oom_score.hpp>
#include <heaplings/proc/oom_score_adj.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <linux/capability.h>
#include <poll.h>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace heaplings::literals;

int own_adj()
{
    return heaplings::read_oom_score_adj().value();
}

// What a process that is nothing special has: 0, or where that may be refused, more.
void become_usual()
{
    heaplings::write_oom_score_adj(support::in_disposable_kernel() ? 0 : 300);
}

// What the kernel says to an attempt to be exempt: 0 or errno.
int kernels_answer()
{
    return heaplings::detail::oom_score_adj_file{heaplings::this_process, "/proc"}.write(-1000);
}

void drop_capability()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    ::syscall(SYS_capget, &header, sets.data());
    for (auto* const set : {&sets[0].effective, &sets[0].permitted, &sets[0].inheritable}) {
        *set &= ~(1U << CAP_SYS_RESOURCE);
    }
    if (::syscall(SYS_capset, &header, sets.data()) != 0) {
        throw std::system_error{errno, std::generic_category(), "capset"};
    }
}

// An attempt to become immune.
struct attempt
{
    int said = -1; // 0 or errno
    int adj = 0;   // after it
    uid_t user = 0;
};

// In a child that is nothing special when it starts.
attempt try_in_child(int (*become)(), bool without_capability)
{
    const auto report = support::in_fresh_child([&] {
        become_usual();
        if (without_capability) drop_capability();
        const int said = become();
        return attempt{said, own_adj(), ::getuid()};
    });
    REQUIRE(report.end == support::exited(0));
    return report.result.value();
}

std::string words_for(int error)
{
    return error == 0 ? "0 (done)" : std::to_string(error) + " (" + ::strerror(error) + ')';
}

attempt check_attempt(bool without_capability)
{
    const attempt kernels = try_in_child(kernels_answer, without_capability);
    const attempt yours = try_in_child(become_immune, without_capability);
    const std::string kind =
        without_capability ? "without CAP_SYS_RESOURCE" : "with the capabilities it has";
    INFO("a process of user ", yours.user, ", ", kind);
    INFO("what the kernel says to -1000: ", words_for(kernels.said), "; your answer: ", yours.said);
    CHECK(yours.said == kernels.said);
    CHECK(yours.adj == kernels.adj);
    return kernels;
}

// What a mortal's body saw, in memory that all processes share.
struct sight
{
    int calls;
    pid_t pid;
    pid_t parent;
    int adj;
    bool waits; // it has stopped, and its parent knows
};
sight* seen = nullptr;

void share_sight()
{
    if (seen == nullptr) {
        void* const memory = ::mmap(nullptr, sizeof(sight), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::system_error{errno, std::generic_category(), "mmap"};
        seen = static_cast<sight*>(memory);
    }
    *seen = {};
}

void look_around()
{
    ++seen->calls;
    seen->pid = ::getpid();
    seen->parent = ::getppid();
    seen->adj = own_adj();
}

// A mortal that was started, waited for, and its parent.
struct family
{
    pid_t parent;
    pid_t returned;
    int status; // of the child, as waitpid(2)
    bool waited;
    int parent_adj_before;
    int parent_adj_after;
    bool parent_is_immune;
};

family raise_family(bool immune_parent)
{
    share_sight();
    const auto report = support::in_fresh_child([&] {
        become_usual();
        family one{};
        one.parent = ::getpid();
        one.parent_is_immune = immune_parent && kernels_answer() == 0;
        one.parent_adj_before = own_adj();
        one.returned = spawn_mortal(look_around);
        one.waited = one.returned > 0 && ::waitpid(one.returned, &one.status, 0) == one.returned;
        one.parent_adj_after = own_adj();
        return one;
    });
    REQUIRE(report.end == support::exited(0));
    return report.result.value();
}

void check_family(bool immune_parent)
{
    const family one = raise_family(immune_parent);
    INFO("the parent's oom_score_adj was ", one.parent_adj_before);
    REQUIRE(one.waited);
    CHECK(seen->calls == 1);
    CHECK(seen->pid == one.returned);
    CHECK(seen->parent == one.parent);
    CHECK(WIFEXITED(one.status));
    CHECK(WEXITSTATUS(one.status) == 0);
    CHECK(seen->adj == std::max(one.parent_adj_before, 0));
    CHECK(one.parent_adj_after == one.parent_adj_before);
}

// Processes that the OOM killer may take, each stopped.

// One that the learner has made immune, as far as the kernel allows.
void immune_with_memory()
{
    become_usual();
    become_immune();
    support::occupy(16_MiB);
}

void mortal_with_memory()
{
    support::occupy(8_MiB);
    ::raise(SIGSTOP);
}

// One that has started a mortal, which is stopped, too.
void parent_of_mortal()
{
    become_usual();
    static_cast<void>(kernels_answer());
    share_sight();
    seen->pid = spawn_mortal(mortal_with_memory);
    int status = 0;
    seen->waits = seen->pid > 0 && ::waitpid(seen->pid, &status, WUNTRACED) == seen->pid &&
                  WIFSTOPPED(status);
}

// Which of the two processes ends first, 0 if they end together; waits for that.
pid_t first_to_end(pid_t one, pid_t other)
{
    std::array<pollfd, 2> ends{};
    ends[0] = {static_cast<int>(::syscall(SYS_pidfd_open, one, 0)), POLLIN, 0};
    ends[1] = {static_cast<int>(::syscall(SYS_pidfd_open, other, 0)), POLLIN, 0};
    ::poll(ends.data(), ends.size(), -1);
    for (const pollfd& end : ends) ::close(end.fd);
    if (ends[0].revents != 0 && ends[1].revents != 0) return 0;
    return ends[0].revents != 0 ? one : other;
}

// Calls the killer and waits until it has killed the process or found nobody.
bool is_killed_when_alone(pid_t pid)
{
    const std::size_t before = support::kills_in_kernel_log().fruitless;
    support::call_oom_killer();
    while (true) {
        const auto status = heaplings::read_status(heaplings::process_id{pid});
        if (!status || heaplings::detail::has_exited(*status)) return true;
        if (support::kills_in_kernel_log().fruitless > before) return false;
        ::usleep(1000);
    }
}

} // namespace

TEST_CASE("become_immune answers what the kernel answers")
{
    const attempt kernels = check_attempt(false);
    if (support::in_disposable_kernel()) REQUIRE(kernels.said == 0);
    MESSAGE("a process of user ", kernels.user, " asks for -1000: ", words_for(kernels.said));
}

TEST_CASE("without CAP_SYS_RESOURCE it is refused, whoever asks, and says so")
{
    const attempt kernels = check_attempt(true);
    if (support::in_disposable_kernel()) REQUIRE(kernels.said == EACCES);
    MESSAGE("without CAP_SYS_RESOURCE, user ", kernels.user, ": ", words_for(kernels.said));
}

TEST_CASE("a mortal's body is called once, in a child that then exits")
{
    check_family(false);
}

TEST_CASE("the child of an immune process is mortal, and its parent stays what it was")
{
    check_family(true);
}

TEST_CASE(
    "a mortal keeps the oom_score_adj of a parent that is more likely to be killed than others")
{
    share_sight();
    const auto report = support::in_fresh_child([] {
        heaplings::write_oom_score_adj(700);
        const pid_t child = spawn_mortal(look_around);
        return child > 0 && ::waitpid(child, nullptr, 0) == child;
    });
    REQUIRE(report.end == support::exited(0));
    REQUIRE(report.result.value());
    INFO("the parent's oom_score_adj was 700");
    CHECK(seen->adj == 700);
}

TEST_CASE("if there is no child to be had, nobody calls body")
{
    struct outcome
    {
        bool kernel_refuses;
        pid_t returned;
    };
    share_sight();
    const auto report = support::in_fresh_child([] {
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_NPROC, &none);
        const pid_t child = ::fork();
        if (child == 0) ::_exit(0);
        if (child > 0) ::waitpid(child, nullptr, 0);
        const pid_t returned = spawn_mortal(look_around);
        if (returned > 0) ::waitpid(returned, nullptr, 0);
        return outcome{child < 0, returned};
    });
    REQUIRE(report.end == support::exited(0));
    INFO("processes are limited to 0; the kernel heeds that for most users, not for all");
    if (report.result->kernel_refuses) CHECK(report.result->returned == -1);
    CHECK(seen->calls == (report.result->kernel_refuses ? 0 : 1));
}

TEST_CASE("the OOM killer does not take the immune, be it the only process with memory")
{
    if (support::in_disposable_kernel()) support::outlive_oom_killer();
    const support::stopped_child immune{immune_with_memory};
    const heaplings::process_id process{immune.pid()};
    const bool exempt = heaplings::read_oom_score_adj(process) == -1000;
    const int score = heaplings::read_oom_score(process).value();
    INFO("its oom_score_adj is ", heaplings::read_oom_score_adj(process).value(),
         ", its oom_score ", score);
    CHECK((score == 0) == exempt);
    if (!support::in_disposable_kernel()) return;

    INFO("sysrq f, and nobody else is there to be killed");
    const bool killed = is_killed_when_alone(immune.pid());
    REQUIRE_FALSE(killed);
    const support::stopped_child bystander{become_usual};
    support::call_oom_killer();
    INFO("sysrq f, and a small process is there, too");
    const bool bystander_first = first_to_end(bystander.pid(), immune.pid()) == bystander.pid();
    CHECK(bystander_first);
}

TEST_CASE("the OOM killer takes the mortal, not its immune parent")
{
    if (support::in_disposable_kernel()) support::outlive_oom_killer();
    const support::stopped_child parent{parent_of_mortal};
    INFO("the child that spawn_mortal names has to be the one that calls body");
    REQUIRE(seen->waits);
    const pid_t mortal = seen->pid;
    const int score = heaplings::read_oom_score(heaplings::process_id{mortal}).value_or(0);
    CHECK(score > 0);
    if (support::in_disposable_kernel()) {
        const support::stopped_child bystander{become_usual};
        support::call_oom_killer();
        INFO("sysrq f: the mortal has 8 MiB, its parent is exempt, a bystander is small");
        const bool mortal_first = first_to_end(mortal, bystander.pid()) == mortal;
        CHECK(mortal_first);
    }
    ::kill(mortal, SIGKILL);
}
