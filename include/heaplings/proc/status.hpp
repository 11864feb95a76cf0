// What the kernel tells people about a process: /proc/<pid>/status.
#pragma once

#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/labelled_line.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/units.hpp>

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <string_view>

namespace heaplings {

// The lines of status (proc_pid_status(5)) that concern memory and who the process is.
//
// The sizes are absent where the process has no memory: kernel threads, zombies, and a process
// whose first thread has exited while others go on (then a live thread's status has them). The
// kernel counts pages in batches for each thread: a size may be some pages behind.
struct status
{
    // The name of the program, as a rule the first 15 bytes of its file's name; kernel threads have
    // up to 63. May hold blanks, parentheses and newlines, here not escaped any more.
    class name_text
    {
    public:
        [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_, size_}; }
        [[nodiscard]] constexpr bool full() const noexcept { return size_ == sizeof text_; }
        constexpr void append(char c) noexcept { text_[size_++] = c; } // not if full()

        [[nodiscard]] friend constexpr bool operator==(const name_text& a,
                                                       std::string_view b) noexcept
        {
            return a.view() == b;
        }

    private:
        char text_[64] = {};
        std::size_t size_ = 0;
    };
    struct user_or_group_ids
    {
        std::uint32_t real = 0;
        std::uint32_t effective = 0;
        std::uint32_t saved = 0;
        std::uint32_t file_system = 0;
    };

    name_text name;       // Name
    char state = '?';     // State: R running, S sleeping, D waiting for a device, Z zombie...
    pid_t thread_group{}; // Tgid: the process that this thread belongs to
    pid_t pid{};          // Pid: the thread itself
    pid_t parent{};       // PPid
    user_or_group_ids uid;
    user_or_group_ids gid;
    unsigned threads{};

    std::optional<bytes> peak_size;     // VmPeak
    std::optional<bytes> size;          // VmSize: all mappings, touched or not
    std::optional<bytes> locked;        // VmLck
    std::optional<bytes> pinned;        // VmPin
    std::optional<bytes> peak_resident; // VmHWM
    std::optional<bytes> resident;      // VmRSS: what is in RAM now
    std::optional<bytes> anonymous;     // RssAnon: the part of resident that is of no file
    std::optional<bytes> file;          // RssFile
    std::optional<bytes> shared_memory; // RssShmem
    std::optional<bytes> data;          // VmData: private writable mappings
    std::optional<bytes> stack;         // VmStk
    std::optional<bytes> text;          // VmExe: code of the program
    std::optional<bytes> libraries;     // VmLib
    std::optional<bytes> page_tables;   // VmPTE
    std::optional<bytes> swapped;       // VmSwap
    std::optional<bytes> huge_pages;    // HugetlbPages: in neither resident nor the OOM score

    std::optional<std::uint64_t> effective_capabilities;       // CapEff: bit n is capability n
    std::optional<bool> kernel_thread;                         // Kthread: Linux >= 6.8
    std::optional<std::uint64_t> voluntary_context_switches;   // voluntary_ctxt_switches
    std::optional<std::uint64_t> involuntary_context_switches; // nonvoluntary_ctxt_switches
};

inline std::ostream& operator<<(std::ostream& out, const status::name_text& name)
{
    return out << name.view();
}

inline std::ostream& operator<<(std::ostream& out, const status& s)
{
    out << "pid " << s.pid << " (" << s.name << "), state " << s.state;
    if (s.resident) out << ", resident " << *s.resident;
    if (s.swapped) out << ", swapped " << *s.swapped;
    return out;
}

namespace detail {

inline constexpr labelled_member<status, std::optional<bytes>> status_sizes[] = {
    {"VmPeak", &status::peak_size},
    {"VmSize", &status::size},
    {"VmLck", &status::locked},
    {"VmPin", &status::pinned},
    {"VmHWM", &status::peak_resident},
    {"VmRSS", &status::resident},
    {"RssAnon", &status::anonymous},
    {"RssFile", &status::file},
    {"RssShmem", &status::shared_memory},
    {"VmData", &status::data},
    {"VmStk", &status::stack},
    {"VmExe", &status::text},
    {"VmLib", &status::libraries},
    {"VmPTE", &status::page_tables},
    {"VmSwap", &status::swapped},
    {"HugetlbPages", &status::huge_pages}};

inline constexpr labelled_member<status, pid_t> status_pids[] = {
    {"Tgid", &status::thread_group}, {"Pid", &status::pid}, {"PPid", &status::parent}};

inline constexpr labelled_member<status, status::user_or_group_ids> status_ids[] = {
    {"Uid", &status::uid}, {"Gid", &status::gid}};

inline constexpr labelled_member<status, std::optional<std::uint64_t>> status_counts[] = {
    {"voluntary_ctxt_switches", &status::voluntary_context_switches},
    {"nonvoluntary_ctxt_switches", &status::involuntary_context_switches}};

// The kernel escapes a newline as \n and a backslash as \\.
[[nodiscard]] inline status::name_text unescaped_name(const labelled_line& line)
{
    status::name_text name;
    const fields value = line.text();
    std::string_view text = value.rest();
    while (!text.empty()) {
        if (name.full()) value.fail("a shorter name");
        if (!text.starts_with('\\')) {
            name.append(text.front());
            text.remove_prefix(1);
            continue;
        }
        if (!text.starts_with("\\n") && !text.starts_with("\\\\")) value.fail("\\n or \\\\");
        name.append(text[1] == 'n' ? '\n' : '\\');
        text.remove_prefix(2);
    }
    return name;
}

[[nodiscard]] inline pid_t pid_value(const labelled_line& line)
{
    const auto pid = line.number<unsigned>();
    constexpr auto most = static_cast<unsigned>(std::numeric_limits<pid_t>::max());
    if (pid > most) line.value().fail("a smaller number");
    return static_cast<pid_t>(pid);
}

[[nodiscard]] inline status::user_or_group_ids ids_value(const labelled_line& line)
{
    fields rest = line.value();
    const auto next = [&](bool last) {
        const auto id = rest.number<std::uint32_t>();
        if (!last) rest.expect('\t');
        return id;
    };
    status::user_or_group_ids ids;
    ids.real = next(false);
    ids.effective = next(false);
    ids.saved = next(false);
    ids.file_system = next(true);
    if (!rest.rest().empty()) rest.fail("four numbers");
    return ids;
}

// Puts what the line says where it belongs; other lines than those above are left alone. Whether
// it is one of the lines that every status has.
inline bool take_status_line(const labelled_line& line, status& s)
{
    const std::string_view label = line.label();
    if (const auto member = find_member(status_sizes, label)) {
        s.*member = line.kilobytes();
        return false;
    }
    if (const auto member = find_member(status_counts, label)) {
        s.*member = line.number<std::uint64_t>();
        return false;
    }
    if (label == "CapEff") {
        s.effective_capabilities = line.number<std::uint64_t, 16>();
        return false;
    }
    if (label == "Kthread") {
        fields value = line.value();
        s.kernel_thread = value.flag('1', '0');
        return false;
    }
    if (const auto member = find_member(status_pids, label)) {
        s.*member = pid_value(line);
        return true;
    }
    if (const auto member = find_member(status_ids, label)) {
        s.*member = ids_value(line);
        return true;
    }
    if (label == "Name") {
        s.name = unescaped_name(line);
        return true;
    }
    if (label == "State") {
        fields value = line.value();
        if (value.rest().empty()) value.fail("a state");
        s.state = value.rest().front();
        return true;
    }
    if (label == "Threads") {
        s.threads = line.number<unsigned>();
        return true;
    }
    return false;
}

} // namespace detail

// Reads `<proc>/<pid>/status`; nothing if the process is gone. The id of a thread serves as well as
// that of a process.
//
// The file is read through a buffer of one page, whatever its length: the line Groups of a process
// in 65,536 groups makes it 460 KB. Unknown lines are ignored.
// `proc` is the mount point; tests pass a directory of their own.
// Throws std::system_error if it can't be read, parse_error if a line is malformed or one that all
// processes have is missing.
[[nodiscard]] inline std::optional<status> read_status(process_id process = this_process,
                                                       std::string_view proc = "/proc")
{
    constexpr int always_there = 8; // Name, State, Tgid, Pid, PPid, Uid, Gid, Threads
    detail::proc_file file{process, "status", proc};
    if (!file.is_open()) return std::nullopt;

    detail::line_reader<4096> lines{file};
    status values;
    int seen = 0;
    while (const auto text = lines.next()) {
        const detail::labelled_line line{file.path(), lines.line_number(), *text};
        if (detail::take_status_line(line, values)) ++seen;
    }
    if (lines.process_gone()) return std::nullopt;
    if (seen != always_there) {
        throw parse_error{file.path(), lines.line_number() + 1, "",
                          "one line each of Name, State, Tgid, Pid, PPid, Uid, Gid and Threads"};
    }
    return values;
}

} // namespace heaplings
