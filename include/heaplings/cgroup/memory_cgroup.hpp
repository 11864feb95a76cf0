// The control group that limits a process's memory: where it is, and what its files say.
#pragma once

#include <heaplings/cgroup/detail/control_file.hpp>
#include <heaplings/cgroup/detail/mounts.hpp>
#include <heaplings/proc/cgroup.hpp>
#include <heaplings/units.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace heaplings {

enum class cgroup_version { v1, v2 };

inline std::ostream& operator<<(std::ostream& out, cgroup_version version)
{
    return out << (version == cgroup_version::v1 ? "cgroup v1" : "cgroup v2");
}

// A cgroup of the memory controller: a directory with control files (memory.txt in the kernel's
// admin-guide/cgroup-v1, and cgroup-v2.rst). What a kernel does not have is nothing.
//
// Each reader throws std::system_error if the file may not be read, parse_error if it is malformed.
class memory_cgroup
{
public:
    // `directory` is in the hierarchy that is mounted on `mount_point`.
    memory_cgroup(cgroup_version version, std::string directory, std::string mount_point)
        : version_{version}, directory_{std::move(directory)}, mount_point_{std::move(mount_point)}
    {
    }

    [[nodiscard]] cgroup_version version() const noexcept { return version_; }
    [[nodiscard]] const std::string& directory() const noexcept { return directory_; }
    [[nodiscard]] std::string file(std::string_view name) const
    {
        return directory_ + "/" + std::string{name};
    }

    // The cgroup above, whose limits hold for this one, too; nothing at the top of what is mounted.
    [[nodiscard]] std::optional<memory_cgroup> parent() const
    {
        if (directory_ == mount_point_) return std::nullopt;
        return memory_cgroup{version_, directory_.substr(0, directory_.rfind('/')), mount_point_};
    }

    // The most memory that its processes may have in RAM; nothing if there is no limit: v2 says
    // "max" then, v1 the greatest number of whole pages.
    [[nodiscard]] std::optional<bytes> limit() const
    {
        return read_limit(version_ == cgroup_version::v1 ? "memory.limit_in_bytes" : "memory.max");
    }

    // The most that they may have in swap. v1 limits the sum: then what is left of it beyond
    // limit(). Nothing if there is no limit, as where the kernel does not count swap.
    [[nodiscard]] std::optional<bytes> swap_limit() const
    {
        if (version_ == cgroup_version::v2) return read_limit("memory.swap.max");
        const auto sum = read_limit("memory.memsw.limit_in_bytes");
        const auto ram = limit();
        if (!sum || !ram) return std::nullopt;
        return *sum - *ram;
    }

    // What they have in RAM now, and had at most (v2: since Linux 5.19).
    [[nodiscard]] std::optional<bytes> usage() const
    {
        return read_size(version_ == cgroup_version::v1 ? "memory.usage_in_bytes"
                                                        : "memory.current");
    }
    [[nodiscard]] std::optional<bytes> peak() const
    {
        return read_size(version_ == cgroup_version::v1 ? "memory.max_usage_in_bytes"
                                                        : "memory.peak");
    }

    // The file with oom_kills().
    [[nodiscard]] std::string oom_kills_file() const
    {
        return file(version_ == cgroup_version::v1 ? "memory.oom_control" : "memory.events");
    }

    // How many of its processes the OOM killer has killed, for whatever shortage (since Linux
    // 4.13). In v2 those of the cgroups below count too.
    [[nodiscard]] std::optional<std::uint64_t> oom_kills() const
    {
        return detail::read_control_key(oom_kills_file(), "oom_kill");
    }

    // How often an allocation met the limit; mostly it could reclaim something and went on. In v2
    // only: memory.failcnt of v1 may stay 0 (it does in Linux 6.18).
    [[nodiscard]] std::optional<std::uint64_t> limit_hits() const
    {
        if (version_ == cgroup_version::v1) return std::nullopt;
        return detail::read_control_key(file("memory.events"), "max");
    }

    // Calls `take(pid)` for each process in it and in the cgroups below. A process of a pid
    // namespace that this one does not see is 0.
    template <typename Take>
    void for_each_process(Take take) const
    {
        take_processes(directory_, take);
        std::error_code gone; // cgroups come and go
        for (std::filesystem::recursive_directory_iterator i{directory_, gone}, end;
             !gone && i != end; i.increment(gone)) {
            if (i->is_directory(gone)) take_processes(i->path().native(), take);
        }
    }

private:
    [[nodiscard]] std::optional<bytes> read_size(std::string_view name) const
    {
        const auto number = detail::read_control_number(file(name));
        if (!number) return std::nullopt;
        return bytes{*number};
    }

    [[nodiscard]] std::optional<bytes> read_limit(std::string_view name) const
    {
        const auto limit = read_size(name);
        const bytes most = bytes{INT64_MAX} / page_size() * page_size();
        return limit && *limit < most && *limit >= bytes{0} ? limit : std::nullopt;
    }

    template <typename Take>
    static void take_processes(const std::string& directory, Take& take)
    {
        const std::string path = directory + "/cgroup.procs";
        std::optional<std::string> text;
        try {
            text = detail::read_control(path);
        } catch (const std::system_error& error) {
            // A cgroup of threads: the one above lists their processes.
            if (error.code() != std::errc::operation_not_supported) throw;
        }
        if (!text) return;
        std::size_t number = 0;
        for (std::string_view rest = *text; !rest.empty();) {
            const auto end = rest.find('\n');
            detail::fields line{path, ++number, rest.substr(0, end)};
            rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
            take(static_cast<pid_t>(line.number<std::uint32_t>()));
            line.expect_end();
        }
    }

    cgroup_version version_;
    std::string directory_;
    std::string mount_point_;
};

// The memory cgroup of a process; nothing if it is gone or there is none to be seen: a kernel
// without, a mount that is missing here, a cgroup outside of this namespace, a v2 hierarchy without
// the memory controller.
//
// A machine may have both versions mounted; then the memory controller is in one of them.
// `proc` is the mount point; tests pass a directory of their own, whose self/mountinfo names the
// mount points of cgroups.
// Throws std::system_error if a file may not be read, parse_error if one is malformed.
[[nodiscard]] inline std::optional<memory_cgroup>
find_memory_cgroup(process_id process = this_process, std::string_view proc = "/proc")
{
    cgroup_file cgroups{process, proc};
    auto place = cgroups.find_v1("memory");
    const bool is_v1 = place.has_value();
    if (!is_v1) place = cgroups.find_v2();
    if (!place || place->is_removed || place->path_is_cut) return std::nullopt;

    const std::string path{place->path};
    if (path.starts_with("/..")) return std::nullopt;
    const auto mount = is_v1 ? detail::find_cgroup_mount("cgroup", "memory", path, proc)
                             : detail::find_cgroup_mount("cgroup2", "", path, proc);
    if (!mount) return std::nullopt;
    memory_cgroup cgroup{is_v1 ? cgroup_version::v1 : cgroup_version::v2,
                         mount->point + std::string{*detail::path_below(path, mount->root)},
                         mount->point};
    if (is_v1) return cgroup;
    // A cgroup without the controller leaves its memory to the nearest one above that has it.
    for (std::optional<memory_cgroup> up = cgroup; up; up = up->parent()) {
        if (detail::names_controller(up->file("cgroup.controllers"), "memory")) return up;
    }
    return std::nullopt;
}

} // namespace heaplings
