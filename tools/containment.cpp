#include "containment.hpp"

#include "descriptor.hpp"
#include "process_tree.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <iterator>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

// Ends this process with a note in the record unless what it had to do succeeded.
class requirement
{
public:
    explicit requirement(run_record& record) : record_{record} {}
    void operator()(bool succeeded, const std::string& what) const
    {
        if (succeeded) return;
        record_.fail(errno, what);
        ::_exit(126);
    }

private:
    run_record& record_;
};

void die_with(pid_t supervisor)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != supervisor) ::_exit(126); // it died before we asked
}

void place_descriptors(const command& what, const connections& ends, const requirement& require)
{
    struct placement
    {
        int from;
        int to;
    };
    std::vector<placement> placements{
        {::open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO},
        {ends.output, STDOUT_FILENO},
        {ends.output, STDERR_FILENO},
        {ends.evidence, what.evidence_descriptor},
    };
    if (ends.report >= 0) placements.push_back({ends.report, what.report_descriptor});

    // Sources go above all targets first, so that placing one doesn't close another.
    const int above = 1 + std::max(what.evidence_descriptor, what.report_descriptor);
    std::vector<int> kept;
    for (placement& each : placements) {
        each.from = ::fcntl(each.from, F_DUPFD, above);
        kept.push_back(each.to);
    }
    for (const placement& each : placements) {
        require(::dup2(each.from, each.to) >= 0, fmt::format("cannot open descriptor {}", each.to));
    }
    close_all_but(std::move(kept));
}

void reset_signals()
{
    // By the system call: glibc's functions refuse 32 and 33, which it keeps to itself. All zero is
    // SIG_DFL with no flags, in the kernel's layout of struct sigaction on each architecture.
    constexpr std::array<unsigned long, 4> by_default{};
    constexpr std::size_t mask_size = _NSIG / 8; // of the kernel's sigset_t, in bytes
    for (int number = 1; number < _NSIG; ++number) {
        ::syscall(SYS_rt_sigaction, number, by_default.data(), nullptr, mask_size);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Sets both limits, or the hard one that is already there if it is lower: nobody may raise that.
void set_limit(__rlimit_resource which, rlim_t soft, rlim_t hard)
{
    rlimit present{};
    ::getrlimit(which, &present);
    const rlimit wanted{std::min(soft, present.rlim_max), std::min(hard, present.rlim_max)};
    ::setrlimit(which, &wanted);
}

void set_limits(const limits& allowed)
{
    const auto cpu = static_cast<rlim_t>(allowed.cpu.count());
    const auto file = static_cast<rlim_t>(allowed.file.count());
    const auto stack = static_cast<rlim_t>((8_MiB).count());
    set_limit(RLIMIT_CPU, cpu, cpu + 1); // SIGXCPU, and SIGKILL if that is caught
    set_limit(RLIMIT_FSIZE, file, file);
    set_limit(RLIMIT_NOFILE, 256, 256);
    // The kernel takes 1, unlike 0, as "no core dump" also where a program collects them (core(5)).
    set_limit(RLIMIT_CORE, 1, 1);
    // An unlimited stack changes how the address space is laid out, and endless recursion ends
    // late.
    set_limit(RLIMIT_STACK, stack, stack);
}

// A safety net: may be refused. Written with CAP_SYS_RESOURCE it would also become the least value
// that the program may set, so that happens after root was left.
void offer_to_oom_killer(const limits& allowed, const descriptor& file_of_score)
{
    if (!allowed.oom_score_adj) return;
    const std::string text = std::to_string(*allowed.oom_score_adj);
    [[maybe_unused]] const ssize_t put = ::write(file_of_score.get(), text.data(), text.size());
}

bool can_fork()
{
    const pid_t child = ::vfork(); // does no more than _exit: copies nothing
    if (child == 0) ::_exit(0);
    return child > 0 && ::waitpid(child, nullptr, 0) == child;
}

// Number of threads that this process's user runs, or more. /proc doesn't show those in other
// containers, but the kernel counts them: so see whether this number allows one process more.
rlim_t count_tasks()
{
    rlimit present{};
    ::getrlimit(RLIMIT_NPROC, &present);
    auto running = static_cast<rlim_t>(std::max(1, tasks_of(::getuid())));
    for (; running < present.rlim_max; running *= 2) {
        const rlimit tried{running + 1, present.rlim_max};
        ::setrlimit(RLIMIT_NPROC, &tried);
        if (can_fork()) break;
    }
    return running;
}

// RLIMIT_NPROC counts all that the user runs. There is room for what else the user may start
// meanwhile; the supervisor stops the program when it alone has reached its limit.
void limit_processes(const limits& allowed, bool user_is_its_own)
{
    const rlim_t running = user_is_its_own ? 1 : count_tasks();
    const rlim_t most = running + 2 * static_cast<rlim_t>(allowed.processes);
    set_limit(RLIMIT_NPROC, most, most);
}

// The capabilities of this process, in the first 32-bit word: those that matter here are all there.
class capabilities
{
public:
    capabilities() { ::syscall(SYS_capget, &header_, sets_); }

    [[nodiscard]] bool effective(int which) const
    {
        return (sets_[0].effective >> which & 1U) != 0;
    }

    // Keeps `which` alone, or none if it isn't permitted. Others stay permitted until
    // drop_others().
    void use(int which)
    {
        sets_[0].effective = sets_[0].permitted & 1U << which;
        sets_[1].effective = 0;
        ::syscall(SYS_capset, &header_, sets_);
    }
    // Programs that this process executes have what is in use here and no more (capabilities(7)).
    bool drop_others()
    {
        for (__user_cap_data_struct& set : sets_) {
            set.permitted = set.inheritable = set.effective;
        }
        if (::syscall(SYS_capset, &header_, sets_) != 0) return false;
        ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        for (int which = 0; which < 32; ++which) {
            if (effective(which)) ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, which, 0, 0);
        }
        return true;
    }

private:
    __user_cap_header_struct header_{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct sets_[2]{};
};

// A user who owns no process. Two runs don't choose the same one, as their supervisors differ. The
// first range is one that nobody hands out; the second exists in containers with few users. Owning
// the scratch directory shows whether the user exists in this container.
std::optional<uid_t> unused_user(pid_t supervisor, const std::filesystem::path& scratch)
{
    const auto distinct = static_cast<uid_t>(supervisor);
    for (const uid_t user : {2'000'000'000 + distinct, 30'000 + distinct % 30'000}) {
        if (tasks_of(user) == 0 && ::chown(scratch.c_str(), user, user) == 0) return user;
    }
    return std::nullopt;
}

// The kernel doesn't limit the processes of root, and only a user's own processes can be killed all
// at once: so root becomes a user who has no others. What remains is the right to read files, as
// the program may lie in root's home.
void leave_root(const command& what, const std::filesystem::path& scratch, pid_t supervisor,
                run_record& record, const requirement& require)
{
    capabilities own;
    if (!own.effective(CAP_SETUID) || !own.effective(CAP_SETGID) || !own.effective(CAP_CHOWN))
        return;
    const std::optional<uid_t> user = unused_user(supervisor, scratch);
    if (!user) return;

    ::prctl(PR_SET_KEEPCAPS, 1);
    require(::setgroups(0, nullptr) == 0 && ::setresgid(*user, *user, *user) == 0 &&
                ::setresuid(*user, *user, *user) == 0,
            "cannot become an unused user");
    record.uid = user;
    // Docker has only the second, and the first can't execute what only its owner may.
    for (const int which : {CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE}) {
        own.use(which);
        if (::faccessat(AT_FDCWD, what.argv[0].c_str(), X_OK, AT_EACCESS) == 0) break;
    }
    require(own.drop_others(), "cannot drop the capabilities of root");
}

// kill(-1) ends all that its user runs, the desktop included, and is easily called by mistake: with
// what a failed fork() returned. It is refused, as is a signal to the supervisor. Where the kernel
// has no seccomp nothing is refused.
void refuse_to_signal_everyone(pid_t supervisor)
{
    constexpr auto argument = static_cast<unsigned>(offsetof(seccomp_data, args)); // its low half
    constexpr unsigned refused = SECCOMP_RET_ERRNO | EPERM;
    sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_kill, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(-1), 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(supervisor), 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, refused),
    };
    const sock_fprog program{.len = static_cast<unsigned short>(std::size(code)), .filter = code};
    ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts)
{
    std::vector<char*> pointers;
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

} // namespace

void close_all_but(std::vector<int> kept)
{
    std::sort(kept.begin(), kept.end());
    unsigned next = 0;
    for (const int number : kept) {
        const auto keep = static_cast<unsigned>(number);
        if (next < keep) ::syscall(SYS_close_range, next, keep - 1, 0);
        next = keep + 1;
    }
    ::syscall(SYS_close_range, next, ~0U, 0);
}

void become_program(const command& what, const limits& allowed, const connections& ends,
                    const std::filesystem::path& scratch, pid_t supervisor, run_record& record)
{
    const requirement require{record};
    ::setsid();
    die_with(supervisor);
    place_descriptors(what, ends, require);
    require(::chdir(scratch.c_str()) == 0, "cannot enter " + scratch.string());
    set_limits(allowed);
    const descriptor file_of_score{::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
    leave_root(what, scratch, supervisor, record, require);
    offer_to_oom_killer(allowed, file_of_score);
    die_with(supervisor); // again: a change of user forgets it
    limit_processes(allowed, record.uid.has_value());
    require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "cannot give up new privileges");
    refuse_to_signal_everyone(supervisor);
    reset_signals();
    ::execve(what.argv[0].c_str(), pointers_to(what.argv).data(),
             pointers_to(what.environment).data());
    require(false, "cannot run " + what.argv[0]);
    ::_exit(126);
}

} // namespace heaplings::tools
