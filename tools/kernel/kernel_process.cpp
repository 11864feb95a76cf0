#include "kernel_process.hpp"

#include "host_protection.hpp"
#include "kernel_job.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace heaplings::tools {

namespace {

// The descriptors that the kernel starts with, above those that it opens itself.
constexpr int first_descriptor = 40;
enum : int {
    log_fd = first_descriptor,
    output_fd,
    error_fd,
    evidence_fd,
    control_fd,
    job_fd,
    swap_fd,
    memory_folder_fd,
    init_fd,
    end_of_descriptors,
};

class kernel_requirement
{
public:
    explicit kernel_requirement(kernel_record& record) : record_{record} {}
    void operator()(bool succeeded, const std::string& what,
                    kernel_obstacle why = kernel_obstacle::other) const
    {
        if (succeeded) return;
        record_.fail(why, errno, what);
        ::_exit(125);
    }

private:
    kernel_record& record_;
};

// In a PID namespace the supervisor's number is 0 from the start, so ask whether it still holds its
// end of the console.
void die_with_supervisor(int control)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pollfd other{control, 0, 0};
    if (::poll(&other, 1, 0) > 0 && (other.revents & POLLHUP) != 0) ::_exit(125);
}

void write_map(const char* file, const std::string& text)
{
    const descriptor map{::open(file, O_WRONLY | O_CLOEXEC)};
    [[maybe_unused]] const ssize_t put = ::write(map.get(), text.data(), text.size());
}

int memory_file(const char* name, const std::string& content, bytes size,
                const kernel_requirement& require)
{
    const int file = ::memfd_create(name, MFD_CLOEXEC);
    require(file >= 0 &&
                ::pwrite(file, content.data(), content.size(), 0) ==
                    static_cast<ssize_t>(content.size()) &&
                ::ftruncate(file, size.count()) == 0,
            fmt::format("cannot make a memory file for the {}", name));
    return file;
}

// The first page of a swap area, as mkswap(8) writes it: union swap_header in linux/swap.h.
std::string swap_header(bytes size)
{
    std::string page(4096, '\0');
    const std::uint32_t version = 1;
    const auto last_page = static_cast<std::uint32_t>(size.count() / 4096 - 1);
    std::memcpy(&page[1024], &version, sizeof version);
    std::memcpy(&page[1028], &last_page, sizeof last_page);
    std::memcpy(&page[4086], "SWAPSPACE2", 10);
    return page;
}

// A folder for the file that is the machine's memory. It is removed before it is used: an unnamed
// file (O_TMPFILE) can be made in it and nothing else, and nothing is left of it. The memory must
// be executable, which /dev/shm often is not in a container.
int removed_folder()
{
    const char* const chosen = std::getenv("TMPDIR");
    for (const char* parent :
         {"/dev/shm", chosen != nullptr ? chosen : "/tmp", "/tmp", "/var/tmp"}) {
        std::string name = fmt::format("{}/heaplings-kernel-XXXXXX", parent);
        if (::mkdtemp(name.data()) == nullptr) continue;
        const int folder = ::open(name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        ::rmdir(name.c_str());
        const std::string path = fmt::format("/proc/self/fd/{}", folder);
        const descriptor memory{::open(path.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0700)};
        if (memory && ::ftruncate(memory.get(), 4096) == 0) {
            void* const page =
                ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, memory.get(), 0);
            if (page != MAP_FAILED) {
                ::munmap(page, 4096);
                return folder;
            }
        }
        const int error = errno;
        ::close(folder);
        errno = error;
    }
    return -1;
}

kernel_job job_of(const kernel_command& what, bool has_input)
{
    kernel_job job{
        .directory = what.directory,
        .argv = what.argv,
        .environment = {"TMPDIR=/run"},
        .evidence_descriptor = what.evidence_descriptor.value_or(-1),
        .challenge_size = static_cast<unsigned>(what.challenge.size()),
        .has_input = has_input,
        .on_terminal = what.terminal.has_value(),
        .watches_memory = what.watch_memory,
    };
    if (what.terminal) {
        job.rows = what.terminal->rows;
        job.columns = what.terminal->columns;
    }
    for (const std::string& variable : what.environment) {
        if (!variable.starts_with("TMPDIR=")) job.environment.push_back(variable);
    }
    return job;
}

// Puts each descriptor where the kernel's command line says, and closes all others.
void place_descriptors(const std::array<int, end_of_descriptors - first_descriptor>& ends,
                       const kernel_requirement& require)
{
    std::array<int, end_of_descriptors - first_descriptor> sources{};
    for (std::size_t i = 0; i < ends.size(); ++i) {
        // Above all targets first, so that placing one doesn't close another.
        sources[i] = ends[i] < 0 ? -1 : ::fcntl(ends[i], F_DUPFD, int{end_of_descriptors});
    }
    for (std::size_t i = 0; i < ends.size(); ++i) {
        const int target = first_descriptor + static_cast<int>(i);
        if (sources[i] < 0)
            ::close(target);
        else
            require(::dup2(sources[i], target) >= 0, "cannot place a descriptor");
    }
    const int nothing = ::open("/dev/null", O_RDONLY);
    require(::dup2(nothing, STDIN_FILENO) >= 0 && ::dup2(log_fd, STDOUT_FILENO) >= 0 &&
                ::dup2(log_fd, STDERR_FILENO) >= 0,
            "cannot place the standard streams");
    ::syscall(SYS_close_range, STDERR_FILENO + 1, first_descriptor - 1, 0);
    ::syscall(SYS_close_range, int{end_of_descriptors}, ~0U, 0);
}

// Documentation/virt/uml/user_mode_linux_howto_v2.rst and kernel-parameters.txt say what they mean.
std::vector<std::string> command_line(const kernel_command& what, const kernel_machine& machine)
{
    const auto console = [](int number, int fd) { return fmt::format("con{}=fd:{}", number, fd); };
    const auto writing = [](int number, int fd) {
        return fmt::format("con{}=null,fd:{}", number, fd);
    };
    std::vector<std::string> line{
        "linux",
        fmt::format("mem={}K", machine.memory / 1_KiB),
        "root=/dev/root",
        "rootfstype=hostfs",
        "rootflags=/",
        "ro",
        // The guest's first /proc is the host's: it leads to the file, whatever its path is.
        fmt::format("init=/proc/self/fd/{}", int{init_fd}),
        "uml_dir=/dev/null/", // else it leaves a folder in the user's home
        "console=tty0",
        "con=null",
        "ssl=null",
        writing(0, log_fd),
        what.terminal ? console(1, output_fd) : writing(1, output_fd),
        writing(2, error_fd),
        console(3, evidence_fd),
        console(4, control_fd),
        fmt::format("ubd0r=/proc/self/fd/{}", int{job_fd}),
        // What takes long to start and is of no use here.
        "pty.legacy_count=0",
        "lpj=40000000",
        "initcall_blacklist=raid6_select_algo,init_zswap,calibrate_xor_blocks",
    };
    if (machine.swap > 0_B) line.push_back(fmt::format("ubd1=/proc/self/fd/{}", int{swap_fd}));
    return line;
}

// A processor each keeps the switches between the kernel and its processes short.
void stay_on_one_processor()
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
    ::sched_setaffinity(0, sizeof one, &one);
}

void protect_host(const kernel_machine& machine, const kernel_requirement& require)
{
    for (const std::string& failed : {give_up_root_rights(), give_up_other_changes()}) {
        require(failed.empty(), failed);
    }
    if (machine.accept_unprotected_host && !has_landlock()) return;
    const std::string failed = give_up_changing_files(memory_folder_fd);
    require(failed.empty(), failed, kernel_obstacle::no_landlock);
}

// The first process of a PID namespace takes no signal that it has not asked for: a kernel could
// not abort. So this one stays until the kernel, its child, has ended, and returns in the child
// only.
void stay_as_first_process(int control)
{
    die_with_supervisor(control);
    const pid_t kernel = ::fork();
    if (kernel == 0) return;
    ::syscall(SYS_close_range, 0, ~0U, 0);
    while (kernel > 0 && ::waitpid(kernel, nullptr, 0) < 0 && errno == EINTR) {
    }
    ::_exit(0);
}

} // namespace

pid_t fork_namespaced(int control, int supervisors_end)
{
    // An ordinary user may make a PID namespace in a user namespace of its own only.
    for (const unsigned kind : {CLONE_NEWPID + 0U, CLONE_NEWUSER + 0U + CLONE_NEWPID, 0U}) {
        const uid_t user = ::geteuid();
        const gid_t group = ::getegid();
        const auto child = static_cast<pid_t>(
            ::syscall(SYS_clone, kind | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
        if (child < 0) continue;
        if (child > 0) return child;
        ::close(supervisors_end);
        if ((kind & CLONE_NEWUSER) != 0) { // it stays who it was (user_namespaces(7))
            write_map("/proc/self/setgroups", "deny");
            write_map("/proc/self/uid_map", fmt::format("{} {} 1", user, user));
            write_map("/proc/self/gid_map", fmt::format("{} {} 1", group, group));
        }
        if (kind != 0) stay_as_first_process(control);
        return 0;
    }
    return -1;
}

void become_kernel(const kernel_files& files, const kernel_command& what,
                   const kernel_machine& machine, const console_ends& consoles, bool has_input,
                   kernel_record& record)
{
    const kernel_requirement require{record};
    ::setsid();
    die_with_supervisor(consoles.control);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);

    const std::string job = encode(job_of(what, has_input));
    const int folder = removed_folder();
    require(folder >= 0, "no folder can hold the machine's memory", kernel_obstacle::no_place);
    const int init = ::open(files.init.c_str(), O_RDONLY | O_CLOEXEC);
    require(init >= 0, "cannot open " + files.init.string());
    const int swap = machine.swap > 0_B
                         ? memory_file("swap", swap_header(machine.swap), machine.swap, require)
                         : -1;
    const bytes job_size{static_cast<std::int64_t>(job.size())};
    place_descriptors({consoles.log, consoles.output, consoles.error, consoles.evidence,
                       consoles.control, memory_file("job", job, job_size, require), swap, folder,
                       init},
                      require);

    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    // Else the gap before the program break takes a random part of the machine's memory.
    require(::personality(ADDR_NO_RANDOMIZE) >= 0, "cannot switch address space randomisation off",
            kernel_obstacle::no_personality);
    stay_on_one_processor();
    protect_host(machine, require);

    std::vector<std::string> line = command_line(what, machine);
    std::vector<char*> arguments;
    for (std::string& argument : line) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    std::string folder_variable = fmt::format("TMPDIR=/proc/self/fd/{}", int{memory_folder_fd});
    char* environment[] = {folder_variable.data(), nullptr};
    ::execve(files.kernel.c_str(), arguments.data(), environment);
    require(false, "cannot run " + files.kernel.string(), kernel_obstacle::no_program);
    ::_exit(125);
}

} // namespace heaplings::tools
