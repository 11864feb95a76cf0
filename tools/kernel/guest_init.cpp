// The first process inside the disposable kernel: prepares the machine, runs the command, carries
// its streams, reports how it ended and switches the kernel off.
//
// A program of its own, statically linked where that is possible, so that it takes little of a
// small machine's memory. What goes wrong is said on the kernel's console, hence in its log.
#include "kernel_job.hpp"
#include "memory_watch.hpp"
#include "relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace {

using namespace heaplings::tools;

// See the supervisor for what is behind each console.
constexpr const char* output_console = "/dev/tty1";
constexpr const char* error_console = "/dev/tty2";
constexpr const char* evidence_console = "/dev/tty3";
constexpr const char* control_console = "/dev/tty4";

[[noreturn]] void switch_off()
{
    ::reboot(RB_POWER_OFF);
    ::_exit(1); // the end of the first process is a panic
}

[[noreturn]] void fail(const std::string& what)
{
    std::fprintf(stderr, "guest init: %s: %s\n", what.c_str(), std::strerror(errno));
    switch_off();
}

void complain(const std::string& what)
{
    std::fprintf(stderr, "guest init: %s: %s\n", what.c_str(), std::strerror(errno));
}

// A console as a transparent stream of bytes. A read waits for `at_least` of them.
int open_raw(const char* console, int flags, unsigned at_least = 1)
{
    const int fd = ::open(console, O_RDWR | O_NOCTTY | O_CLOEXEC | flags);
    termios settings{};
    if (fd < 0 || ::tcgetattr(fd, &settings) != 0) fail(console);
    ::cfmakeraw(&settings);
    settings.c_cc[VMIN] = static_cast<cc_t>(at_least);
    if (::tcsetattr(fd, TCSANOW, &settings) != 0) fail(console);
    return fd;
}

int open_terminal(const kernel_job& job)
{
    const int fd = ::open(output_console, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) fail(output_console);
    const winsize size{job.rows, job.columns, 0, 0};
    ::ioctl(fd, TIOCSWINSZ, &size);
    return fd;
}

kernel_job read_job()
{
    const int disk = ::open("/dev/ubda", O_RDONLY | O_CLOEXEC);
    if (disk < 0) fail("/dev/ubda");
    std::string text;
    std::array<char, 16 * 1024> piece{};
    ssize_t got = 0;
    while ((got = ::read(disk, piece.data(), piece.size())) > 0) {
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
    ::close(disk);
    return decode_job(text);
}

void mount_at(const char* type, const char* where)
{
    ::mkdir(where, 0755);
    if (::mount(type, where, type, 0, nullptr) != 0) complain(where);
}

void write_setting(const char* file, const char* value)
{
    const int fd = ::open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, value, std::strlen(value)) < 0) complain(file);
    ::close(fd);
}

constexpr long least_threads = 512;

long read_number(const char* file)
{
    const int fd = ::open(file, O_RDONLY | O_CLOEXEC);
    std::array<char, 32> text{};
    const ssize_t got = ::read(fd, text.data(), text.size() - 1);
    ::close(fd);
    return got > 0 ? std::strtol(text.data(), nullptr, 10) : 0;
}

void prepare_machine()
{
    // Everybody here is root already. In a user namespace the host's root shows as nobody, and
    // whoever starts mount(8) would become nobody.
    if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_RDONLY | MS_NOSUID, nullptr) != 0) {
        complain("/");
    }
    mount_at("proc", "/proc");
    mount_at("sysfs", "/sys");
    mount_at("cgroup2", "/sys/fs/cgroup");
    mount_at("devpts", "/dev/pts");
    mount_at("tmpfs", "/dev/shm");
    mount_at("tmpfs", "/run");
    for (const auto& [target, link] : {std::pair{"/proc/self/fd", "/dev/fd"},
                                       {"/proc/self/fd/0", "/dev/stdin"},
                                       {"/proc/self/fd/1", "/dev/stdout"},
                                       {"/proc/self/fd/2", "/dev/stderr"}}) {
        if (::symlink(target, link) != 0) complain(link);
    }
    // On a machine this small one fragmentation event would lift the min watermark by 4 MiB, a
    // pageblock, and turn one OOM kill into two (Documentation/admin-guide/sysctl/vm.rst).
    write_setting("/proc/sys/vm/watermark_boost_factor", "0");
    // The kernel derives it from its memory: with 24 MiB its own threads have used it up.
    if (read_number("/proc/sys/kernel/threads-max") < least_threads) {
        write_setting("/proc/sys/kernel/threads-max", std::to_string(least_threads).c_str());
    }
    if (::access("/dev/ubdb", F_OK) == 0 && ::swapon("/dev/ubdb", 0) != 0) complain("swap");
    ::sethostname("disposable", std::strlen("disposable"));
}

void tell(int control, guest_word word, int value)
{
    const guest_message message{word, value};
    if (::write(control, &message, sizeof message) != sizeof message) complain(control_console);
    ::tcdrain(control);
}

// Takes the pieces of standard input that come over the control console apart.
class input_reader
{
public:
    // With a negative console there is no input.
    input_reader(int control, int pipe) : control_{control}, pipe_{pipe}, ended_{control < 0} {}

    [[nodiscard]] pollfd wanted() const
    {
        if (ended_) return {-1, 0, 0};
        if (sent_ < filled_) return {pipe_, POLLOUT, 0};
        return {control_, POLLIN, 0};
    }

    void step()
    {
        if (sent_ < filled_) {
            const ssize_t put = ::write(pipe_, piece_.data() + sent_, filled_ - sent_);
            if (put > 0) sent_ += static_cast<std::size_t>(put);
            if (put < 0 && errno != EAGAIN) sent_ = filled_; // the command has closed it
        } else if (left_ == 0) {
            receive_size();
        } else {
            const ssize_t got = ::read(control_, piece_.data(), std::min(left_, piece_.size()));
            if (got <= 0) return;
            sent_ = 0;
            filled_ = static_cast<std::size_t>(got);
            left_ -= filled_;
        }
    }

private:
    void receive_size()
    {
        const ssize_t got = ::read(control_, header_.data() + known_, header_.size() - known_);
        if (got <= 0) return;
        known_ += static_cast<std::size_t>(got);
        if (known_ < header_.size()) return;
        known_ = 0;
        input_size size = 0;
        std::memcpy(&size, header_.data(), sizeof size);
        left_ = size;
        if (size > 0) return;
        ended_ = true;
        ::close(pipe_);
    }

    int control_;
    int pipe_;
    bool ended_;
    std::size_t left_ = 0; // of the piece
    std::size_t known_ = 0;
    std::array<char, sizeof(input_size)> header_{};
    std::size_t filled_ = 0;
    std::size_t sent_ = 0;
    std::array<char, 4096> piece_{};
};

// What the command has: its standard streams, and the reading ends that this process keeps.
struct command_streams
{
    std::array<int, 3> standard{-1, -1, -1};
    int evidence = -1;
    int input = -1;
    int output = -1;
    int error = -1;
};

std::array<int, 2> make_pipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
    return ends;
}

command_streams open_streams(const kernel_job& job)
{
    command_streams streams;
    if (job.evidence_descriptor >= 0) {
        streams.evidence = open_raw(evidence_console, 0, std::max(1U, job.challenge_size));
    }
    if (job.on_terminal) {
        streams.standard.fill(open_terminal(job));
        return streams;
    }
    // Pipes: a program prints differently on a terminal, which consoles are.
    if (job.has_input) {
        const auto input = make_pipe();
        ::fcntl(input[1], F_SETFL, O_NONBLOCK);
        streams.standard[0] = input[0];
        streams.input = input[1];
    } else {
        streams.standard[0] = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    const auto output = make_pipe();
    const auto error = make_pipe();
    for (const int reading : {output[0], error[0]}) ::fcntl(reading, F_SETFL, O_NONBLOCK);
    streams.standard[1] = output[1];
    streams.standard[2] = error[1];
    streams.output = output[0];
    streams.error = error[0];
    return streams;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts)
{
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

[[noreturn]] void become_command(kernel_job& job, const command_streams& streams, int report)
{
    ::setsid();
    if (job.on_terminal) ::ioctl(streams.standard[0], TIOCSCTTY, 0);
    for (int i = 0; i < 3; ++i) ::dup2(streams.standard[static_cast<std::size_t>(i)], i);
    if (streams.evidence >= 0) {
        // The report must not be where the command wants its evidence.
        report = ::fcntl(report, F_DUPFD_CLOEXEC, job.evidence_descriptor + 1);
        ::dup2(streams.evidence, job.evidence_descriptor);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::signal(SIGPIPE, SIG_DFL);
    const auto variables = pointers_to(job.environment);
    const auto arguments = pointers_to(job.argv);
    environ = const_cast<char**>(variables.data());
    if (::chdir(job.directory.c_str()) == 0) ::execvp(arguments[0], arguments.data());
    const int error = errno;
    [[maybe_unused]] const ssize_t put = ::write(report, &error, sizeof error);
    ::_exit(127);
}

// Starts the command; the errno of what kept it from running, or 0.
int start(kernel_job& job, const command_streams& streams, pid_t& command)
{
    const auto report = make_pipe();
    command = ::fork();
    if (command < 0) return errno;
    if (command == 0) become_command(job, streams, report[1]);
    ::close(report[1]);
    int error = 0;
    if (::read(report[0], &error, sizeof error) != sizeof error) error = 0;
    ::close(report[0]);
    return error;
}

// Collects all children that have ended: the first process inherits everybody's.
void reap(pid_t command, int signals, std::optional<int>& status)
{
    signalfd_siginfo ignored{};
    [[maybe_unused]] const ssize_t got = ::read(signals, &ignored, sizeof ignored);
    int one = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &one, WNOHANG)) > 0;) {
        if (pid == command) status = one;
    }
}

// Carries the streams until the command has ended and what it wrote is on its way, and watches the
// memory meanwhile if asked to. Returns the command's wait status.
int attend(pid_t command, int signals, input_reader input, std::array<relay, 2>& outputs,
           memory_watch* memory)
{
    std::optional<int> status;
    while (true) {
        std::array<pollfd, 4> sources{
            {outputs[0].wanted(), outputs[1].wanted(), {signals, POLLIN, 0}, input.wanted()}};
        const bool holding = sources[0].events == POLLOUT || sources[1].events == POLLOUT;
        // After the end only what is there already is carried: a child may keep the pipe open.
        const bool finishing = status && !holding;
        const int patience = finishing ? 0 : memory != nullptr ? memory_watch::period_ms : -1;
        const int found = ::poll(sources.data(), sources.size(), patience);
        if (found == 0 && finishing) return *status;
        if (found == 0 && memory != nullptr) memory->take_sample();
        if (sources[2].revents != 0) reap(command, signals, status);
        if (sources[3].revents != 0) input.step();
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            if (sources[i].revents != 0) outputs[i].step();
        }
        if (status) input = {-1, -1};
    }
}

void run()
{
    ::umask(022);
    const int control = open_raw(control_console, O_NONBLOCK);
    kernel_job job = read_job();
    prepare_machine();

    sigset_t handled;
    ::sigemptyset(&handled);
    ::sigaddset(&handled, SIGCHLD);
    ::sigprocmask(SIG_SETMASK, &handled, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    const int signals = ::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK);

    const int output = job.on_terminal ? -1 : open_raw(output_console, O_NONBLOCK);
    const int error = job.on_terminal ? -1 : open_raw(error_console, O_NONBLOCK);
    const command_streams streams = open_streams(job);
    tell(control, guest_word::ready, 0);

    std::optional<memory_watch> memory;
    if (job.watches_memory) memory.emplace();
    pid_t command = -1;
    if (const int failed = start(job, streams, command); failed != 0) {
        tell(control, guest_word::not_run, failed);
        switch_off();
    }
    if (!job.on_terminal) {
        for (const int end : streams.standard) ::close(end);
    }
    std::array<relay, 2> outputs{relay{streams.output, output}, relay{streams.error, error}};
    const int status = attend(command, signals,
                              input_reader{job.has_input ? control : -1, streams.input}, outputs,
                              memory ? &*memory : nullptr);
    const int terminal = job.on_terminal ? streams.standard[1] : -1;
    for (const int console : {output, error, streams.evidence, terminal}) ::tcdrain(console);
    if (memory) {
        memory->take_sample(); // reads the log to its end
        for (const std::int32_t kib : memory->samples().until_kill()) {
            tell(control, guest_word::free, kib);
        }
    }
    tell(control, guest_word::ended, status);
    switch_off();
}

} // namespace

int main()
{
    run();
}
