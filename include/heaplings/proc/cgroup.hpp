// Which control groups a process is in, and so which memory limits it has: /proc/<pid>/cgroup.
#pragma once

#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/lines.hpp>
#include <heaplings/proc/detail/next_iterator.hpp>

#include <climits>
#include <iterator>
#include <optional>
#include <string_view>

namespace heaplings {

// A process's place in one hierarchy of control groups (cgroups(7)). There is one hierarchy in
// version 2, and up to one for each controller in version 1; a system may have both.
struct cgroup_membership
{
    unsigned hierarchy = 0;       // 0 in version 2
    std::string_view controllers; // in version 1, by commas: "cpu,cpuacct"; or "name=systemd"

    // Below the mount point of the hierarchy, "/" for its root; as seen from the reader's cgroup
    // namespace, so that it may begin with "/..". Without " (deleted)", which tells `is_removed`.
    std::string_view path;
    bool is_removed = false;  // the cgroup is gone, of its processes only zombies are left
    bool path_is_cut = false; // longer than cgroup_file holds

    [[nodiscard]] constexpr bool is_v2() const noexcept { return hierarchy == 0; }

    // Whether `controller`, as "memory", is one of `controllers`. In version 2 the file does not
    // tell: see cgroup.controllers in the cgroup.
    [[nodiscard]] constexpr bool has(std::string_view controller) const noexcept
    {
        std::string_view rest = controllers;
        while (!rest.empty()) {
            const auto length = rest.find(',');
            if (rest.substr(0, length) == controller) return true;
            rest = length == rest.npos ? std::string_view{} : rest.substr(length + 1);
        }
        return false;
    }
};

// The file cgroup of a process, open for reading. It takes about 9 KiB, best on the stack, and no
// heap.
//
//     cgroup_file cgroups{process_id{pid}};
//     auto place = cgroups.find_v1("memory");
//     if (!place) place = cgroups.find_v2();
class cgroup_file
{
public:
    using iterator = detail::next_iterator<cgroup_file, cgroup_membership>;

    // Opens `<proc>/<pid>/cgroup`; a process that is gone is in no cgroup.
    //
    // `proc` is the mount point; tests pass a directory of their own.
    // Throws std::system_error if the file may not be read or this kernel has no cgroups.
    explicit cgroup_file(process_id process = this_process, std::string_view proc = "/proc")
        : file_{process, "cgroup", proc}, lines_{file_}
    {
    }

    // The next membership, nothing after the last. Its texts are valid until the next call.
    // Throws parse_error if the line is malformed, std::system_error if reading fails.
    [[nodiscard]] std::optional<cgroup_membership> next()
    {
        if (!file_.is_open()) return std::nullopt;
        auto line = lines_.next();
        if (!line) return std::nullopt;

        cgroup_membership place;
        place.hierarchy = line->number<unsigned>();
        line->expect(':');
        place.controllers = line->before(':');
        if (place.is_v2() && !place.controllers.empty()) line->fail("no controller in hierarchy 0");
        if (!line->rest().starts_with('/')) line->fail("a path");
        place.path = line->take_rest();
        constexpr std::string_view deleted = " (deleted)";
        place.is_removed = place.path.ends_with(deleted);
        if (place.is_removed) place.path.remove_suffix(deleted.size());
        place.path_is_cut = lines_.line_is_cut();
        return place;
    }

    // The place in the hierarchy of version 1 with `controller`, or in that of version 2; nothing
    // if there is no such hierarchy. Begins anew; the texts are valid until the next call. Throws
    // as next() does.
    [[nodiscard]] std::optional<cgroup_membership> find_v1(std::string_view controller)
    {
        return find([&](const cgroup_membership& m) { return !m.is_v2() && m.has(controller); });
    }
    [[nodiscard]] std::optional<cgroup_membership> find_v2()
    {
        return find([](const cgroup_membership& m) { return m.is_v2(); });
    }

    // Begins anew with the first membership.
    void rewind() noexcept
    {
        if (file_.is_open()) lines_.rewind();
    }

    [[nodiscard]] iterator begin() { return iterator{*this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
    template <typename Wanted>
    [[nodiscard]] std::optional<cgroup_membership> find(Wanted wanted)
    {
        rewind();
        for (auto place = next(); place; place = next()) {
            if (wanted(*place)) return place;
        }
        return std::nullopt;
    }

    detail::proc_file file_;
    detail::line_reader<PATH_MAX + 512> lines_; // the path, and all controllers that there are
};

} // namespace heaplings
