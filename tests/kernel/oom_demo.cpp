// Meets the OOM killer twice, and prints what became of whom, without numbers that may vary. Each run must
// print the same:
//   the small process, which asked for it, dies of an OOM kill while a big one lives; then sysrq f picks the
//   one that asked for it.
// Linux 6.1 takes a victim for gone (MMF_OOM_SKIP, exit_mmap() in mm/mmap.c) a moment before its memory is
// back; who asks for memory just then causes a second kill. So the victim is real-time: nobody else runs
// before it has ended.
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr std::size_t mebibyte = 1 << 20;

void set_adjustment(pid_t pid, const char* value)
{
    const std::string file = "/proc/" + std::to_string(pid) + "/oom_score_adj";
    const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, value, std::string{value}.size()) < 0) std::perror(file.c_str());
    ::close(fd);
}

void take(std::size_t bytes)
{
    void* const block =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::madvise(block, bytes, MADV_POPULATE_WRITE);
}

long oom_kills()
{
    std::ifstream file{"/proc/vmstat"};
    std::string key;
    for (long value = 0; file >> key >> value;) {
        if (key == "oom_kill") return value;
    }
    return -1;
}

int kills_of_in_log(pid_t pid)
{
    std::string log(1 << 16, '\0');
    const int size = ::klogctl(3, log.data(), static_cast<int>(log.size()));
    log.resize(static_cast<std::size_t>(size < 0 ? 0 : size));
    const std::string line = "Killed process " + std::to_string(pid) + ' ';
    int found = 0;
    for (std::size_t at = 0; (at = log.find(line, at)) != std::string::npos; ++at) ++found;
    return found;
}

// This process must survive what it watches: unkillable, and its children are not.
template <typename Body>
pid_t spawn(Body body)
{
    const pid_t child = ::fork();
    if (child != 0) return child;
    set_adjustment(::getpid(), "0");
    body();
    std::_Exit(0);
}

int end_of(pid_t pid)
{
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

} // namespace

int main()
{
    set_adjustment(::getpid(), "-1000");
    ::mlockall(MCL_CURRENT);
    const pid_t small = spawn([] {
        const sched_param first{.sched_priority = 1};
        if (::sched_setscheduler(0, SCHED_FIFO, &first) != 0) std::perror("sched_setscheduler");
        take(4 * mebibyte); // much more than one step of the big one
        ::raise(SIGSTOP); // it has its memory
        while (true) ::pause();
    });
    ::waitpid(small, nullptr, WUNTRACED);
    set_adjustment(small, "1000");
    ::kill(small, SIGCONT);
    const pid_t big = spawn([] {
        while (oom_kills() == 0) take(mebibyte / 4);
        while (true) ::pause();
    });
    std::printf("the small one ended by signal %d\n", end_of(small));
    std::printf("the log tells its kill %d time\n", kills_of_in_log(small));
    std::printf("the big one lives: %s\n", ::waitpid(big, nullptr, WNOHANG) == 0 ? "yes" : "no");
    ::kill(big, SIGKILL);
    std::printf("it ended by signal %d\n", end_of(big));
    std::printf("OOM kills: %ld\n", oom_kills());

    const pid_t victim = spawn([] {
        while (true) ::pause();
    });
    set_adjustment(victim, "1000");
    std::ofstream{"/proc/sysrq-trigger"} << 'f' << std::flush;
    std::printf("sysrq f: it ended by signal %d\n", end_of(victim));
    std::printf("OOM kills: %ld\n", oom_kills());
    return 0;
}
