#include "../descriptor.hpp"
#include "../interruptions.hpp"
#include "../text.hpp"
#include "host_protection.hpp"
#include "kernel_record.hpp"
#include "kernel_run.hpp"
#include "supervisor.hpp"
#include "system_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <new>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

// A record in shared memory.
class shared_kernel_record
{
public:
    shared_kernel_record()
    {
        void* const memory = ::mmap(nullptr, sizeof(kernel_record), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) fail("cannot map shared memory");
        record_ = new (memory) kernel_record;
    }
    ~shared_kernel_record() { ::munmap(record_, sizeof(kernel_record)); }
    shared_kernel_record(const shared_kernel_record&) = delete;
    shared_kernel_record& operator=(const shared_kernel_record&) = delete;

    kernel_record& operator*() const noexcept { return *record_; }
    kernel_record* operator->() const noexcept { return record_; }

private:
    kernel_record* record_;
};

bool can_run(const std::filesystem::path& program)
{
    std::error_code unseen; // in a folder that one may not look into, for one
    return !program.empty() && std::filesystem::is_regular_file(program, unseen) &&
           ::access(program.c_str(), X_OK) == 0;
}

std::filesystem::path cache_folder()
{
    const auto folder = [](const char* variable, const char* below) -> std::filesystem::path {
        const char* const value = std::getenv(variable);
        if (value == nullptr || *value != '/') return {};
        return std::filesystem::path{value} / below;
    };
    const std::filesystem::path chosen = folder("XDG_CACHE_HOME", "heaplings");
    return chosen.empty() ? folder("HOME", ".cache/heaplings") : chosen;
}

// It lies in the build folder beside this program, or where the build put it.
std::filesystem::path find_guest_init()
{
    const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    const std::filesystem::path beside = here / "heaplings_guest_init";
    return can_run(beside) ? beside : std::filesystem::path{HEAPLINGS_GUEST_INIT};
}

// What the kernel's last lines, or those of its tests of the host, tell of a start that failed.
struct known_symptom
{
    std::string_view said;
    const char* reason;
    const char* remedy;
};
constexpr known_symptom known_symptoms[] = {
    {"ptrace", "ptrace(2) is refused",
     "allow it: kernel.yama.ptrace_scope must be 0 or 1, a container's seccomp profile must allow "
     "ptrace (Docker: --cap-add SYS_PTRACE)"},
    {"PROT_EXEC", "the machine's memory may not be executed",
     "give the container a /dev/shm or /tmp without noexec"},
    {"tmpfs", "there is not enough room for the machine's memory",
     "make room in /dev/shm (Docker: --shm-size 256m)"},
    {"FP reg", "it does not know this processor's registers (AMX)",
     "take a kernel of 6.2 or newer: see HEAPLINGS_KERNEL in ./heaplings kernel --help"},
    {"fp_reg", "it does not know this processor's registers (AMX)",
     "take a kernel of 6.2 or newer: see HEAPLINGS_KERNEL in ./heaplings kernel --help"},
};

std::string last_line(std::string_view log)
{
    std::string last;
    for (const std::string& line : split(log, '\n')) {
        const std::string plain = tame(line);
        if (plain.find_first_not_of(" \t\r") != std::string::npos) last = plain;
    }
    return last;
}

// The line that says why the kernel gave up: a stack trace may come after it.
std::string panic_line(std::string_view log)
{
    const std::size_t at = log.find("Kernel panic");
    if (at == std::string_view::npos) return "";
    return tame(std::string{log.substr(at, log.substr(at).find('\n'))});
}

// Fills in why there was no kernel, from what kept the child from becoming one.
void explain_obstacle(kernel_result& result, const kernel_record& record)
{
    result.ending = kernel_ending::no_kernel;
    result.reason = fmt::format("{}: {}", record.failed, std::strerror(record.error));
    switch (record.obstacle) {
    case kernel_obstacle::no_program:
        result.remedy = how_to_get_a_kernel();
        break;
    case kernel_obstacle::no_place:
        result.remedy = "a folder without noexec is needed in /dev/shm, TMPDIR, /tmp or /var/tmp "
                        "(Docker: --tmpfs /tmp:exec)";
        break;
    case kernel_obstacle::no_landlock:
        result.remedy =
            "Linux 5.13 or newer with landlock in /sys/kernel/security/lsm protects the "
            "host's files; --unprotected goes on without, if nothing here is of value";
        break;
    case kernel_obstacle::no_personality:
        result.remedy = "a container's seccomp profile must allow personality(2) with 0x0040000 "
                        "(Docker: --security-opt seccomp=unconfined)";
        break;
    default:
        break;
    }
}

// The kernel was started, and ended before guest init had told anything of the command.
void explain_stop(kernel_result& result, const kernel_record& record)
{
    const std::string_view log{record.log_end, record.log_size};
    const std::string panic = panic_line(log);
    result.reason = panic.empty() ? last_line(log) : panic;
    if (record.ready) {
        if (panic.empty()) result.reason = "it was switched off";
        return;
    }
    result.ending = kernel_ending::no_kernel;
    if (result.reason.empty()) result.reason = "it ended without a word";
    for (const known_symptom& symptom : known_symptoms) {
        if (log.find(symptom.said) == std::string_view::npos) continue;
        result.reason = fmt::format("{} ({})", symptom.reason, result.reason);
        result.remedy = symptom.remedy;
        return;
    }
}

kernel_result result_of(const kernel_record& record, int interrupted_by)
{
    kernel_result result{.ending = record.ending,
                         .status = record.status,
                         .error = record.error,
                         .interrupted_by = interrupted_by,
                         .reason = "",
                         .remedy = "",
                         .took = record.took,
                         .free_until_kill = {}};
    for (std::size_t i = 0; i < std::min(record.free_size, record.free_kib.size()); ++i) {
        result.free_until_kill.push_back(std::max(record.free_kib[i], 0) * 1_KiB);
    }
    if (interrupted_by != 0)
        result.ending = kernel_ending::interrupted;
    else if (record.obstacle != kernel_obstacle::none)
        explain_obstacle(result, record);
    else if (record.ending == kernel_ending::stopped)
        explain_stop(result, record);
    return result;
}

void check(const kernel_command& what, const kernel_machine& machine)
{
    if (what.argv.empty()) throw usage_error{"no command"};
    if (machine.memory < least_kernel_memory) {
        throw usage_error{fmt::format("a kernel needs {} MiB of memory, here are {} KiB",
                                      least_kernel_memory / 1_MiB, machine.memory / 1_KiB)};
    }
    constexpr bytes least_swap = 1_MiB;
    if (machine.swap != 0_B && machine.swap < least_swap) {
        throw usage_error{"swap must be 0 or 1 MiB and more"};
    }
    if (what.challenge.size() > 255) throw usage_error{"the challenge is too long"};
}

// A file in memory, and its text.
class memory_text
{
public:
    memory_text() : file_{::memfd_create("captured", MFD_CLOEXEC)}
    {
        if (!file_) fail("cannot make a memory file");
    }
    [[nodiscard]] int get() const { return file_.get(); }
    [[nodiscard]] std::string text() const
    {
        const off_t size = ::lseek(file_.get(), 0, SEEK_END);
        std::string text(static_cast<std::size_t>(std::max<off_t>(size, 0)), '\0');
        const ssize_t got = ::pread(file_.get(), text.data(), text.size(), 0);
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return text;
    }

private:
    descriptor file_;
};

} // namespace

std::filesystem::path find_kernel()
{
    if (const char* const chosen = std::getenv("HEAPLINGS_KERNEL")) return chosen;
    const char* const path = std::getenv("PATH");
    for (const std::string& folder : split(path != nullptr ? path : "/usr/bin", ':')) {
        if (const auto program = std::filesystem::path{folder} / "linux.uml"; can_run(program)) {
            return program;
        }
    }
    const std::filesystem::path unpacked = cache_folder() / "user-mode-linux/usr/bin/linux.uml";
    return can_run(unpacked) ? unpacked : std::filesystem::path{};
}

std::string how_to_get_a_kernel()
{
    return fmt::format(
        "Debian on amd64: apt-get install user-mode-linux. Elsewhere on x86-64 with glibc 2.34 or "
        "newer: unpack that package of Debian's into {} (ar x, then tar -xf data.tar.xz), or set "
        "HEAPLINGS_KERNEL to the path of a User-Mode Linux",
        (cache_folder() / "user-mode-linux").string());
}

kernel_result run_in_kernel(const kernel_command& what, const kernel_machine& machine,
                            const kernel_streams& streams)
{
    check(what, machine);
    const kernel_files files{find_kernel(), find_guest_init()};
    if (!can_run(files.kernel)) {
        kernel_result none;
        none.reason = files.kernel.empty() ? "there is no User-Mode Linux on this machine"
                                           : fmt::format("{} is no program", files.kernel.string());
        none.remedy = how_to_get_a_kernel();
        return none;
    }
    const shared_kernel_record record;
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        fail("cannot make a pair of sockets");
    }
    const descriptor lifeline{ends[0]};
    descriptor others{ends[1]};

    const interruptions interrupted;
    std::fflush(nullptr); // ThreadSanitizer's runtime prints what is buffered in each child, too
    const pid_t supervisor = ::fork();
    if (supervisor < 0) fail("cannot fork");
    if (supervisor == 0) {
        ::close(ends[0]);
        supervise_kernel(files, what, machine, streams, std::move(others), *record);
        ::_exit(0);
    }
    others.reset();
    const int interrupted_by = interrupted.wait_for_end_of(lifeline);
    ::waitpid(supervisor, nullptr, 0);
    if (!record->finished) {
        if (const pid_t kernel = record->kernel; kernel > 0) {
            ::kill(-kernel, SIGKILL);
            ::kill(kernel, SIGKILL);
        }
        throw std::runtime_error{"the supervisor of the kernel was killed"};
    }
    return result_of(*record, interrupted_by);
}

captured_kernel_run capture_in_kernel(const kernel_command& what, const kernel_machine& machine,
                                      bytes most)
{
    const memory_text output;
    const memory_text error;
    const memory_text evidence;
    const memory_text log;
    kernel_result result = run_in_kernel(what, machine,
                                         {.input = -1,
                                          .output = {output.get(), most},
                                          .error = {error.get(), most},
                                          .evidence = {evidence.get(), most},
                                          .log = {log.get(), most}});
    return {std::move(result), output.text(), error.text(), evidence.text(), log.text()};
}

} // namespace heaplings::tools
