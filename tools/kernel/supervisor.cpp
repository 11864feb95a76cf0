#include "supervisor.hpp"

#include "input_writer.hpp"
#include "kernel_job.hpp"
#include "relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace heaplings::tools {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void require(bool succeeded, const char* what)
{
    if (!succeeded) throw std::system_error{errno, std::generic_category(), what};
}

void never_block(int fd)
{
    require(::fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "cannot make a pipe");
}

// Both ways or one: what is behind a console.
struct pair_of_ends
{
    descriptor ours;
    descriptor theirs;
};

pair_of_ends make_pipe()
{
    std::array<int, 2> ends{};
    require(::pipe2(ends.data(), O_CLOEXEC) == 0, "cannot make a pipe");
    never_block(ends[0]);
    return {descriptor{ends[0]}, descriptor{ends[1]}};
}

pair_of_ends make_sockets()
{
    std::array<int, 2> ends{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0,
            "cannot make a pair of sockets");
    never_block(ends[0]);
    return {descriptor{ends[0]}, descriptor{ends[1]}};
}

class kernel_supervisor
{
public:
    kernel_supervisor(const kernel_command& what, const kernel_machine& machine,
                      const kernel_streams& streams, descriptor lifeline, kernel_record& record)
        : what_{what}, machine_{machine}, streams_{streams}, lifeline_{std::move(lifeline)},
          record_{record}
    {
        detach();
    }
    ~kernel_supervisor() { end_kernel(); }
    kernel_supervisor(const kernel_supervisor&) = delete;
    kernel_supervisor& operator=(const kernel_supervisor&) = delete;

    void run(const kernel_files& files)
    {
        start(files);
        watch();
        end_kernel();
        record_.took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - started_);
        empty_pipes();
    }

private:
    // A run whose input is a terminal stays in the launcher's process group: only the foreground
    // may read from it. The launcher receives the signals and tells.
    void detach() const
    {
        if (streams_.input < 0 || ::isatty(streams_.input) == 0) ::setpgid(0, 0);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGTTOU}) {
            std::signal(number, SIG_IGN);
        }
        std::signal(SIGCHLD, SIG_DFL);
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
    }

    void start(const kernel_files& files)
    {
        pair_of_ends log = make_pipe();
        pair_of_ends output = what_.terminal ? make_sockets() : make_pipe();
        pair_of_ends error = make_pipe();
        pair_of_ends evidence = make_sockets();
        pair_of_ends control = make_sockets();
        const console_ends theirs{log.theirs.get(), output.theirs.get(), error.theirs.get(),
                                  evidence.theirs.get(), control.theirs.get()};

        started_ = steady_clock::now();
        kernel_ = fork_namespaced(control.theirs.get(), control.ours.get());
        require(kernel_ >= 0, "cannot fork");
        if (kernel_ == 0) {
            become_kernel(files, what_, machine_, theirs, streams_.input >= 0 && !what_.terminal,
                          record_);
        }
        record_.kernel = kernel_;
        ended_kernel_.reset(static_cast<int>(::syscall(SYS_pidfd_open, kernel_, 0)));
        require(static_cast<bool>(ended_kernel_), "cannot watch the kernel's process");
        ours_ = {std::move(log.ours), std::move(output.ours), std::move(error.ours),
                 std::move(evidence.ours)};
        control_ = std::move(control.ours);
        const auto carry = [](const descriptor& from, const kernel_sink& to) {
            return relay{from.get(), to.descriptor, to.most.count()};
        };
        // What the kernel prints goes through this process, which keeps its end for the reason.
        relays_ = {carry(ours_[1], streams_.output), carry(ours_[2], streams_.error),
                   carry(ours_[3], streams_.evidence)};
        log_left_ = streams_.log.most.count();
    }

    void watch()
    {
        while (!ended_) {
            std::vector<pollfd> sources{{lifeline_.get(), POLLIN, 0},
                                        {ended_kernel_.get(), POLLIN, 0},
                                        {control_.get(), POLLIN, 0},
                                        {ours_[0].get(), POLLIN, 0},
                                        input_.wanted(),
                                        typed_.wanted()};
            for (const relay& each : relays_) sources.push_back(each.wanted());
            const int found = ::poll(sources.data(), sources.size(), patience());
            if (found < 0 && errno != EINTR) require(false, "cannot wait for the kernel");
            if (found <= 0) {
                if (!is_late()) continue;
                record_.ending = kernel_ending::timed_out;
                return;
            }
            if (sources[0].revents != 0) {
                record_.ending = kernel_ending::interrupted;
                return;
            }
            if (sources[3].revents != 0) receive_log();
            if (sources[4].revents != 0) input_.step();
            if (sources[5].revents != 0) typed_.step();
            for (std::size_t i = 0; i < relays_.size(); ++i) {
                if (sources[6 + i].revents != 0) relays_[i].step();
            }
            if (has_reached_its_end()) return;
            if (typed_.escaped()) {
                record_.ending = kernel_ending::interrupted;
                return;
            }
            // The last: what was written before the end is carried first.
            if (sources[2].revents != 0) listen();
            if (sources[1].revents != 0) return; // a panic, or switched off
        }
    }

    [[nodiscard]] bool is_late() const
    {
        return machine_.time_limit && steady_clock::now() >= started_ + *machine_.time_limit;
    }

    [[nodiscard]] int patience() const
    {
        if (!machine_.time_limit) return -1;
        const auto left = started_ + *machine_.time_limit - steady_clock::now();
        return static_cast<int>(
            std::clamp<std::int64_t>(std::chrono::ceil<milliseconds>(left).count(), 0, 1 << 30));
    }

    bool has_reached_its_end()
    {
        for (const relay& each : relays_) {
            if (each.broken()) record_.ending = kernel_ending::reader_left;
            if (each.overflowed()) record_.ending = kernel_ending::too_much_output;
            if (each.broken() || each.overflowed()) return true;
        }
        return false;
    }

    // Guest init tells how far it is: all that it has told by now, for its last words come together
    // and the kernel's end right behind them.
    void listen()
    {
        while (control_ && !ended_) {
            const ssize_t got = ::recv(control_.get(), heard_.data() + heard_size_,
                                       heard_.size() - heard_size_, MSG_DONTWAIT);
            if (got == 0) control_.reset();
            if (got <= 0) return;
            heard_size_ += static_cast<std::size_t>(got);
            if (heard_size_ < heard_.size()) continue;
            heard_size_ = 0;
            guest_message message{};
            std::memcpy(&message, heard_.data(), sizeof message);
            take(message);
        }
    }

    void take(const guest_message& message)
    {
        switch (message.word) {
        case guest_word::ready:
            record_.ready = true;
            begin_input();
            break;
        case guest_word::not_run:
            record_.ending = kernel_ending::not_run;
            record_.error = message.value;
            ended_ = true;
            break;
        case guest_word::free:
            if (record_.free_size < record_.free_kib.size()) {
                record_.free_kib[record_.free_size++] = message.value;
            }
            break;
        case guest_word::ended:
            record_.ending = kernel_ending::exited;
            record_.status = message.value;
            ended_ = true;
            break;
        }
    }

    // Not before guest init has opened its consoles: a fresh one would echo what comes.
    void begin_input()
    {
        if (!what_.challenge.empty()) {
            [[maybe_unused]] const ssize_t put =
                ::write(ours_[3].get(), what_.challenge.data(), what_.challenge.size());
        }
        if (streams_.input < 0) return;
        if (what_.terminal) {
            typed_ = relay{streams_.input, ours_[1].get()};
            typed_.end_at(kernel_escape);
        } else
            input_ = input_writer{streams_.input, control_.get()};
    }

    bool receive_log()
    {
        std::array<char, 4096> buffer; // NOLINT(*-member-init): read(2) fills it
        const ssize_t got = ::read(ours_[0].get(), buffer.data(), buffer.size());
        if (got <= 0) {
            if (got == 0 || errno != EAGAIN) ours_[0].reset();
            return false;
        }
        static_assert(sizeof buffer <= sizeof record_.log_end);
        keep_end_of_log(buffer.data(), static_cast<std::size_t>(got));
        const auto wanted = std::min<std::int64_t>(got, log_left_);
        log_left_ -= wanted;
        if (streams_.log.descriptor < 0) return true;
        for (std::int64_t sent = 0; sent < wanted;) {
            const ssize_t put = ::write(streams_.log.descriptor, buffer.data() + sent,
                                        static_cast<std::size_t>(wanted - sent));
            if (put <= 0) break; // a full disk is no reason to end
            sent += put;
        }
        return true;
    }

    // Of at most as much text as there is room for.
    void keep_end_of_log(const char* text, std::size_t size)
    {
        constexpr std::size_t room = sizeof record_.log_end;
        const std::size_t kept = std::min(record_.log_size, room - size);
        std::memmove(record_.log_end, record_.log_end + (record_.log_size - kept), kept);
        std::memcpy(record_.log_end + kept, text, size);
        record_.log_size = kept + size;
    }

    // Carries what is left in the pipes: all that was written before the end. The launcher and the
    // time limit put an end to a reader that does not read.
    void empty_pipes()
    {
        while (ours_[0] && receive_log()) {
        }
        for (relay& each : relays_) {
            while (true) {
                std::array<pollfd, 2> sources{{each.wanted(), {lifeline_.get(), POLLIN, 0}}};
                const bool holding = sources[0].events == POLLOUT;
                ::poll(sources.data(), sources.size(), holding ? patience() : 0);
                if (sources[0].revents == 0 || sources[1].revents != 0) break;
                each.step();
            }
        }
        has_reached_its_end();
    }

    // In a PID namespace its end is that of all its processes; elsewhere they are in its group,
    // and would run on, on the host's kernel, if only it ended.
    void end_kernel()
    {
        if (kernel_ < 0) return;
        ::kill(-kernel_, SIGKILL);
        ::kill(kernel_, SIGKILL);
        while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
        }
        kernel_ = -1;
        record_.kernel = 0;
    }

    const kernel_command& what_;
    const kernel_machine& machine_;
    const kernel_streams& streams_;
    descriptor lifeline_;
    kernel_record& record_;
    steady_clock::time_point started_;
    pid_t kernel_ = -1;
    bool ended_ = false;
    descriptor ended_kernel_;
    descriptor control_;
    std::array<char, sizeof(guest_message)> heard_{}; // of a message that is not complete
    std::size_t heard_size_ = 0;
    std::array<descriptor, 4> ours_; // log, output, error, evidence
    std::array<relay, 3> relays_;    // output, error, evidence
    relay typed_;                    // on the terminal
    input_writer input_;
    std::int64_t log_left_ = 0;
};

} // namespace

void supervise_kernel(const kernel_files& files, const kernel_command& what,
                      const kernel_machine& machine, const kernel_streams& streams,
                      descriptor lifeline, kernel_record& record) noexcept
{
    try {
        kernel_supervisor{what, machine, streams, std::move(lifeline), record}.run(files);
    } catch (const std::system_error& caught) {
        record.fail(kernel_obstacle::other, caught.code().value(), caught.what());
    } catch (const std::exception& caught) {
        record.fail(kernel_obstacle::other, EIO, caught.what());
    }
    record.finished = true;
}

} // namespace heaplings::tools
