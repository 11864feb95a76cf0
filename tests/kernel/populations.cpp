// Does the OOM killer take the process that the library names? One random population of processes,
// one kill.
//
//     populations SEED...
//
// For each seed a line with the predicted and the real victim; on a miss the reason, and what the
// library said before. It runs as root of a disposable kernel and refuses to run elsewhere.
// Exit status: how many were missed; 125 if it could not be tried.
#include <heaplings/oom_adjuster.hpp>
#include <heaplings/proc/meminfo.hpp>
#include <heaplings/proc/vmstat.hpp>
#include <heaplings/units.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using heaplings::bytes;
using heaplings::process_id;
using namespace heaplings::literals;

constexpr int could_not_try = 125;

// What a process of the population is to be like.
struct plan
{
    bytes size;
    bytes swapped; // of `size`
    int adj = 0;
};

// The same plans for the same seed, with whatever standard library.
class planner
{
public:
    explicit planner(unsigned seed) : random_{seed} {}

    // Processes that take at most half of the free memory and three quarters of the swap.
    [[nodiscard]] std::vector<plan> make()
    {
        const heaplings::meminfo memory = heaplings::read_meminfo();
        const auto count = static_cast<std::size_t>(between(3, 10));
        const bytes ram = memory.available.value_or(memory.free) / 2 / count;
        const bytes swap = memory.swap_total / 4 * 3 / count;
        std::vector<plan> plans;
        for (std::size_t i = 0; i < count; ++i) {
            plan p;
            p.swapped = between(0, 2) == 0 ? part_of(swap) : bytes{0};
            p.size = part_of(ram) + p.swapped;
            p.adj = any_adj();
            plans.push_back(p);
        }
        return plans;
    }

private:
    // One in two processes has none; of the others most have a little.
    [[nodiscard]] int any_adj()
    {
        if (between(0, 1) == 0) return 0;
        if (between(0, 2) == 0) return between(-1000, 1000);
        return between(-100, 100);
    }

    [[nodiscard]] bytes part_of(bytes most) { return most / 1000 * between(50, 1000); }

    [[nodiscard]] int between(int least, int most)
    {
        const auto range = static_cast<std::uint32_t>(most - least) + 1;
        return least + static_cast<int>(random_() % range);
    }

    std::mt19937 random_;
};

[[noreturn]] void fail(const std::string& what)
{
    throw std::runtime_error{what + ": " + std::strerror(errno)};
}

// Takes what the plan says, tells by a byte on `ready`, and waits.
[[noreturn]] void live(const plan& p, std::size_t number, int ready)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, ("process " + std::to_string(number)).c_str());
    const auto size = static_cast<std::size_t>(round_up_to_page(p.size).count());
    void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) ::_exit(1);
    std::memset(memory, 1, size); // a page of zeros would not go to swap
    if (p.swapped > 0_B) {
        const auto part = static_cast<std::size_t>(round_up_to_page(p.swapped).count());
        (void)::madvise(memory, std::min(part, size), MADV_PAGEOUT);
    }
    if (::write(ready, "", 1) != 1) ::_exit(1);
    for (;;) ::pause();
}

// The processes of the plans, all in place.
class population
{
public:
    explicit population(const std::vector<plan>& plans)
    {
        int ready[2];
        if (::pipe2(ready, O_CLOEXEC) != 0) fail("cannot make a pipe");
        for (const plan& p : plans) {
            const pid_t pid = ::fork();
            if (pid < 0) fail("cannot fork");
            if (pid == 0) live(p, pids_.size(), ready[1]);
            pids_.push_back(pid);
            heaplings::write_oom_score_adj(p.adj, process_id{pid});
        }
        ::close(ready[1]);
        char byte = 0;
        std::size_t in_place = 0;
        while (in_place < plans.size() && ::read(ready[0], &byte, 1) == 1) ++in_place;
        ::close(ready[0]);
        if (in_place < plans.size())
            throw std::runtime_error{"a process could not take its memory"};
    }
    ~population()
    {
        for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
        while (::wait(nullptr) > 0 || errno == EINTR) {
        }
    }
    population(const population&) = delete;
    population& operator=(const population&) = delete;

    // The process that has been killed, when one has; nothing after ten seconds.
    [[nodiscard]] std::optional<pid_t> killed() const
    {
        for (int tries = 0; tries < 2000; ++tries) {
            siginfo_t info{};
            if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
                return info.si_pid;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
        }
        return std::nullopt;
    }

private:
    std::vector<pid_t> pids_;
};

[[nodiscard]] std::uint64_t oom_kills()
{
    const auto counts = heaplings::read_vmstat();
    return counts ? counts->oom_kills.value_or(0) : 0;
}

[[nodiscard]] const heaplings::oom_ranking::candidate* find(const heaplings::oom_ranking& ranking,
                                                            pid_t pid)
{
    for (const auto& candidate : ranking.candidates) {
        if (candidate.pid == pid) return &candidate;
    }
    return nullptr;
}

// Why another one was killed than the first of the ranking.
[[nodiscard]] std::string reason_of_miss(const heaplings::oom_ranking& ranking,
                                         std::optional<pid_t> killed, std::uint64_t kills)
{
    if (!killed) {
        return kills == 0 ? "the kernel killed nobody" : "it was none of the population";
    }
    if (kills == 0) return "it ended without the OOM killer";
    const auto* const victim = find(ranking, *killed);
    if (victim == nullptr) return "it was not among the candidates";
    const auto apart = ranking.next_victim()->prediction.badness - victim->prediction.badness;
    return "it was " + std::to_string(apart) + " pages behind" +
           (apart < 64 ? ": within what the kernel has not yet counted" : "");
}

// Whether the kernel killed who was predicted.
[[nodiscard]] bool agrees(unsigned seed)
{
    const population processes{planner{seed}.make()};
    const std::uint64_t kills_before = oom_kills();
    const heaplings::oom_ranking ranking = heaplings::rank_by_oom_badness();
    heaplings::trigger_oom_killer();
    const auto killed = processes.killed();
    const std::uint64_t kills = oom_kills() - kills_before;

    const auto* const predicted = ranking.next_victim();
    std::cout << "seed " << seed << ": predicted ";
    if (predicted != nullptr) {
        std::cout << predicted->pid << " of " << ranking.candidates.size();
    } else {
        std::cout << "nobody";
    }
    std::cout << ", killed ";
    if (killed) {
        std::cout << *killed;
    } else {
        std::cout << "nobody";
    }
    const bool agreed =
        predicted != nullptr ? killed == predicted->pid && kills == 1 : !killed && kills == 0;
    if (agreed) {
        std::cout << ", agreed\n";
    } else {
        std::cout << ", missed: " << reason_of_miss(ranking, killed, kills) << '\n'
                  << explain_next_victim(ranking);
    }
    return agreed;
}

} // namespace

int main(int argc, char** argv)
try {
    if (!heaplings::in_disposable_kernel()) {
        std::cerr << argv[0] << ": this is no disposable kernel\n";
        return could_not_try;
    }
    heaplings::write_oom_score_adj(heaplings::oom_score_adj_min);
    ::mlockall(MCL_CURRENT | MCL_FUTURE);
    int missed = 0;
    for (int i = 1; i < argc; ++i) {
        const std::string_view text{argv[i]};
        unsigned seed = 0;
        const auto [end, error] = std::from_chars(text.begin(), text.end(), seed);
        if (error != std::errc{} || end != text.end()) {
            std::cerr << argv[0] << ": expected a number as seed, found \"" << text << "\"\n";
            return could_not_try;
        }
        if (!agrees(seed)) ++missed;
    }
    return std::min(missed, could_not_try - 1);
} catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return could_not_try;
}
