#include "supervisor.hpp"

#include "containment.hpp"
#include "process_tree.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>

namespace heaplings::tools {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How often memory and processes are looked at: what one core can touch meanwhile is a few dozen
// MiB.
constexpr milliseconds look_period{15};

struct failure
{
    int error;
    std::string what;
};

void require(bool succeeded, const std::string& what)
{
    if (!succeeded) throw failure{errno, what};
}

class scratch_directory
{
public:
    scratch_directory()
    {
        std::error_code error;
        std::filesystem::path parent = std::filesystem::temp_directory_path(error);
        if (error) parent = "/tmp"; // TMPDIR is no directory
        std::string name = parent / "heaplings-XXXXXX";
        require(::mkdtemp(name.data()) != nullptr, "cannot make a scratch directory " + name);
        path_ = name;
    }
    ~scratch_directory()
    {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
        if (!error) return;
        open_up();
        std::filesystem::remove_all(path_, error);
    }
    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    // A directory that the program made unreadable can't be emptied by an ordinary user.
    void open_up() const
    {
        using namespace std::filesystem;
        std::error_code error;
        permissions(path_, perms::owner_all, error);
        constexpr auto options = directory_options::skip_permission_denied;
        for (recursive_directory_iterator entry{path_, options, error}, end; !error && entry != end;
             entry.increment(error)) {
            std::error_code gone;
            if (entry->symlink_status(gone).type() != file_type::directory) continue;
            permissions(entry->path(), perms::owner_all, gone);
        }
    }

    std::filesystem::path path_;
};

class supervisor
{
public:
    supervisor(const command& what, const limits& allowed, descriptor lifeline, run_record& record)
        : what_{what}, allowed_{allowed}, lifeline_{std::move(lifeline)}, record_{record}
    {
        detach();
    }

    void run()
    {
        const scratch_directory scratch;
        start(scratch.path());
        watch();
        end_all();
        while (receive(output_, record_.output)) {
        }
        while (receive(evidence_, record_.evidence)) {
        }
        if (record_.output.overflowed() || record_.evidence.overflowed()) stop(limit::output);
    }

private:
    // Leaves all that belongs to the guard: what its terminal sends, its descriptors. Orphans of
    // the program become children of this process.
    void detach()
    {
        ::setpgid(0, 0);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        lifeline_.reset(::fcntl(lifeline_.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
        close_all_but({lifeline_.get()});
        for (int standard = 0; standard <= STDERR_FILENO; ++standard) ::open("/dev/null", O_RDWR);

        sigset_t handled;
        ::sigemptyset(&handled);
        for (const int number : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) {
            std::signal(number, SIG_DFL); // an ignored SIGCHLD would lose the program's status
            ::sigaddset(&handled, number);
        }
        ::sigprocmask(SIG_SETMASK, &handled, nullptr);
        signals_.reset(::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
        require(static_cast<bool>(signals_), "cannot receive signals");
    }

    void start(const std::filesystem::path& scratch)
    {
        std::array<int, 2> pipe{};
        require(::pipe2(pipe.data(), O_CLOEXEC) == 0, "cannot make a pipe");
        output_.reset(pipe[0]);
        const descriptor output_end{pipe[1]};
        require(::fcntl(output_.get(), F_SETFL, O_NONBLOCK) == 0, "cannot make a pipe");

        std::array<int, 2> sockets{};
        require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets.data()) == 0,
                "cannot make a pair of sockets");
        evidence_.reset(sockets[0]);
        const descriptor evidence_end{sockets[1]};
        require(::fcntl(evidence_.get(), F_SETFL, O_NONBLOCK) == 0 &&
                    ::send(evidence_.get(), what_.challenge.data(), what_.challenge.size(), 0) ==
                        static_cast<ssize_t>(what_.challenge.size()),
                "cannot send the challenge");

        descriptor report;
        if (!what_.report.empty()) {
            constexpr int how = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
            report.reset(::open(what_.report.c_str(), how, 0666));
            require(static_cast<bool>(report), "cannot write " + what_.report.string());
        }

        const connections ends{output_end.get(), evidence_end.get(), report.get()};
        const pid_t self = ::getpid();
        started_ = steady_clock::now();
        program_ = ::fork();
        require(program_ >= 0, "cannot fork");
        if (program_ == 0) become_program(what_, allowed_, ends, scratch, self, record_);
    }

    void watch()
    {
        const auto deadline = started_ + allowed_.wall;
        auto next_look = started_ + look_period;
        while (!ended_ && !record_.stopped_by) {
            const auto wake = std::min(next_look, deadline);
            const auto patience = std::chrono::ceil<milliseconds>(wake - steady_clock::now());
            std::array<pollfd, 4> sources{{{signals_.get(), POLLIN, 0},
                                           {lifeline_.get(), POLLIN, 0},
                                           {output_.get(), POLLIN, 0},
                                           {evidence_.get(), POLLIN, 0}}};
            ::poll(sources.data(), sources.size(),
                   static_cast<int>(std::max(patience, milliseconds{0}).count()));

            if (sources[0].revents != 0 && told_to_end()) return;
            if (sources[1].revents != 0) return;
            if (sources[2].revents != 0 && !receive(output_, record_.output)) output_.reset();
            if (sources[3].revents != 0 && !receive(evidence_, record_.evidence)) evidence_.reset();
            reap();
            const auto now = steady_clock::now();
            if (record_.output.overflowed() || record_.evidence.overflowed())
                stop(limit::output);
            else if (!ended_ && now >= deadline)
                stop(limit::wall);
            else if (!ended_ && now >= next_look) {
                look();
                next_look = steady_clock::now() + look_period;
            }
        }
    }

    // SIGCHLD wakes us and needs no more; any other signal asks us to end.
    bool told_to_end() const
    {
        signalfd_siginfo signal{};
        bool told = false;
        while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
            told = told || signal.ssi_signo != SIGCHLD;
        }
        return told;
    }

    // Receives once; says whether there may be more, now or later.
    static bool receive(const descriptor& from, capture& into)
    {
        const std::size_t room = into.kept + 1 - into.size;
        if (!from || room == 0) return false;
        const ssize_t got = ::read(from.get(), into.data + into.size, room);
        if (got > 0) into.size += static_cast<std::size_t>(got);
        return got > 0;
    }

    void look()
    {
        const usage now = usage_of(descendants(::getpid()));
        record_.peak_memory = std::max(record_.peak_memory, now.resident);
        if (now.resident > allowed_.memory)
            stop(limit::memory);
        else if (now.tasks >= allowed_.processes)
            stop(limit::processes);
    }

    void stop(limit reached)
    {
        if (!record_.stopped_by) record_.stopped_by = reached;
    }

    // Collects all children that have ended; false when none is left.
    bool reap()
    {
        rusage used{};
        int status = 0;
        pid_t pid = 0;
        while ((pid = ::wait4(-1, &status, WNOHANG, &used)) > 0) {
            if (pid == program_)
                note_end(status, used);
            else
                ++reaped_;
        }
        return pid == 0;
    }

    void note_end(int status, const rusage& used)
    {
        using namespace std::chrono;
        ended_ = true;
        record_.status = status;
        record_.took = duration_cast<milliseconds>(steady_clock::now() - started_);
        if (!WIFSIGNALED(status)) return;
        const int signal = WTERMSIG(status);
        const auto cpu = seconds{used.ru_utime.tv_sec + used.ru_stime.tv_sec} +
                         microseconds{used.ru_utime.tv_usec + used.ru_stime.tv_usec};
        // A program that catches SIGXCPU is killed a second later.
        if (signal == SIGXCPU || (signal == SIGKILL && cpu >= allowed_.cpu)) stop(limit::cpu);
        if (signal == SIGXFSZ) stop(limit::file);
    }

    void end_all()
    {
        bool left = reap(); // orphans that ended by themselves outlived nothing
        reaped_ = 0;
        for (milliseconds pause{1}; left; pause = std::min(2 * pause, look_period)) {
            if (!ended_) ::kill(program_, SIGKILL);
            if (record_.uid)
                kill_all_of(*record_.uid);
            else
                kill_descendants();
            std::this_thread::sleep_for(pause);
            left = reap();
        }
        record_.strays = reaped_;
    }

    const command& what_;
    const limits& allowed_;
    descriptor lifeline_;
    run_record& record_;
    descriptor signals_;
    descriptor output_;
    descriptor evidence_;
    steady_clock::time_point started_;
    pid_t program_ = -1;
    bool ended_ = false;
    int reaped_ = 0;
};

} // namespace

void supervise(const command& what, const limits& allowed, descriptor lifeline,
               run_record& record) noexcept
{
    try {
        supervisor{what, allowed, std::move(lifeline), record}.run();
    } catch (const failure& caught) {
        record.fail(caught.error, caught.what);
    } catch (const std::exception& caught) {
        record.fail(EIO, caught.what());
    }
    record.finished = true;
}

} // namespace heaplings::tools
