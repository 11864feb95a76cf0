// Runs a command as root in a Linux kernel of its own, which is thrown away afterwards.
//
// The kernel is User-Mode Linux: an ordinary process, without root, without hardware support. The
// command sees the host's files and can change none of them; memory, processes, /proc, the OOM
// killer, sysrq and the kernel log are its own. Nothing of it stays: three rooms see to that.
//   launcher     (launcher.cpp) in the caller's process: starts the supervisor, waits, and ends
//   what
//                is left should the supervisor be killed
//   supervisor   (supervisor.cpp) a process of its own: starts the kernel, carries its streams,
//   ends
//                it when the launcher is gone, the time is up or a reader has left
//   guest init   (guest_init.cpp) the first process inside: prepares the machine, runs the command,
//                reports its end
#pragma once

#include <heaplings/units.hpp>

#include <chrono>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace heaplings::tools {

struct kernel_machine
{
    bytes memory = 32_MiB; // what the kernel itself needs comes out of this: some 12 MiB
    bytes swap{};
    std::optional<std::chrono::milliseconds> time_limit;
    // Go on where the host's files can't be protected from root inside (Linux without Landlock).
    bool accept_unprotected_host = false;
};

// The least memory with which the kernel starts and has some left for a command.
inline constexpr bytes least_kernel_memory = 22_MiB;

// Typed on the command's terminal it ends the run: Ctrl-].
inline constexpr char kernel_escape = 0x1d;

struct terminal_size
{
    unsigned short rows = 0;
    unsigned short columns = 0;
};

struct kernel_command
{
    std::vector<std::string> argv;        // argv[0] is looked up in PATH, as execvp(3) does
    std::vector<std::string> environment; // "NAME=value"; TMPDIR is added: /tmp is the host's
    std::filesystem::path directory = "/";
    // Its end of a two-way stream of bytes besides the standard ones; see kernel_streams::evidence.
    std::optional<int> evidence_descriptor = std::nullopt;
    std::string challenge = {}; // waits there for the command to read at once, up to 255 bytes
    // Whether free memory is sampled, for kernel_result::free_until_kill.
    bool watch_memory = false;
    // The command's standard streams are one terminal of this size, rather than three pipes.
    std::optional<terminal_size> terminal = std::nullopt;
};

// Where bytes go. -1: nowhere.
struct kernel_sink
{
    int descriptor = -1;
    bytes most{std::numeric_limits<std::int64_t>::max()}; // the run ends when there is more
};

struct kernel_streams
{
    int input = -1; // -1: /dev/null
    kernel_sink output;
    kernel_sink error;
    kernel_sink evidence;
    kernel_sink log; // what the kernel printed; no end to the run when there is more
};

enum class kernel_ending {
    exited,          // the command ended: see status
    not_run,         // inside, the command could not be started: see error
    no_kernel,       // this machine can't run such a kernel: see reason and remedy
    stopped,         // the kernel stopped before the command had ended: a panic, or switched off
    timed_out,       // time_limit
    too_much_output, // more than `most` on a stream
    reader_left,     // a stream's reader closed it
    interrupted,     // SIGINT, SIGTERM or SIGHUP reached the launcher, or kernel_escape was typed
};

struct kernel_result
{
    kernel_ending ending = kernel_ending::no_kernel;
    int status = 0;         // of the command, as waitpid(2)
    int error = 0;          // errno of execvp(3) or chdir(2)
    int interrupted_by = 0; // the signal
    std::string reason;     // why it did not run, or how it stopped: one line
    std::string remedy;     // what to do about it; may be empty
    std::chrono::milliseconds took{};
    std::vector<bytes> free_until_kill; // samples until the last OOM kill; none if there was none
};

// Returns when the command has ended and nothing of the kernel is left. SIGINT, SIGTERM and SIGHUP
// stop the run rather than the caller, unless the caller ignores them.
//
// The caller has one thread. Throws std::system_error if no process or pipe can be made,
// usage_error for memory below least_kernel_memory, std::runtime_error if the supervisor
// was killed.
[[nodiscard]] kernel_result run_in_kernel(const kernel_command& what, const kernel_machine& machine,
                                          const kernel_streams& streams);

// The same for a command without input, its streams as texts.
struct captured_kernel_run
{
    kernel_result result;
    std::string output;
    std::string error;
    std::string evidence;
    std::string log;
};
[[nodiscard]] captured_kernel_run
capture_in_kernel(const kernel_command& what, const kernel_machine& machine, bytes most = 1_MiB);

// The kernel's program: $HEAPLINGS_KERNEL if that is set, else linux.uml in PATH, else Debian's
// package unpacked into the user's cache. An empty path if there is none.
[[nodiscard]] std::filesystem::path find_kernel();

// How to get one, in a sentence or two.
[[nodiscard]] std::string how_to_get_a_kernel();

} // namespace heaplings::tools
