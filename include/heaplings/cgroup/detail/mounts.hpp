// Where the hierarchies of control groups are mounted: /proc/self/mountinfo.
#pragma once

#include <heaplings/proc/cgroup.hpp>
#include <heaplings/proc/detail/fields.hpp>
#include <heaplings/proc/detail/file.hpp>
#include <heaplings/proc/detail/lines.hpp>

#include <climits>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heaplings::detail {

// A mounted hierarchy, or a part of one.
struct cgroup_mount
{
    std::string root;  // which cgroup is seen at `point`, "/" for all of the hierarchy
    std::string point; // a directory
};

// mountinfo writes a blank, a tab, a newline and a backslash as three octal digits: "\040".
[[nodiscard]] inline std::string unescaped_mount_path(std::string_view text)
{
    std::string path;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 3 >= text.size()) {
            path += text[i];
            continue;
        }
        const auto digit = [&](std::size_t n) { return text[i + n] - '0'; };
        path += static_cast<char>(digit(1) * 64 + digit(2) * 8 + digit(3));
        i += 3;
    }
    return path;
}

// Whether `path` is `root` or below: then what comes after it, "" or "/...".
[[nodiscard]] inline std::optional<std::string_view> path_below(std::string_view path,
                                                                std::string_view root)
{
    if (root == "/") return path == "/" ? std::string_view{} : path;
    if (!path.starts_with(root)) return std::nullopt;
    const std::string_view rest = path.substr(root.size());
    if (!rest.empty() && rest.front() != '/') return std::nullopt;
    return rest;
}

// The mount of `type` ("cgroup" or "cgroup2") with `option` ("memory", or none if empty) in which
// the cgroup `path` can be seen (proc_pid_mountinfo(5)); the last one, which hides those below.
//
// Throws std::system_error if `<proc>/self/mountinfo` can't be read, parse_error if it is
// malformed.
[[nodiscard]] inline std::optional<cgroup_mount> find_cgroup_mount(std::string_view type,
                                                                   std::string_view option,
                                                                   std::string_view path,
                                                                   std::string_view proc)
{
    proc_file file{process_id{}, "mountinfo", proc};
    line_reader<4 * PATH_MAX> lines{file};
    std::optional<cgroup_mount> found;
    while (auto next = lines.next()) {
        if (lines.line_is_cut()) continue; // an overlay with many layers, for one
        fields& line = *next;
        for (int passed = 0; passed < 3; ++passed) (void)line.before(' ');
        std::string root = unescaped_mount_path(line.before(' '));
        std::string point = unescaped_mount_path(line.before(' '));
        while (line.before(' ') != "-") {
        } // options, and optional fields up to a hyphen
        if (line.before(' ') != type) continue;
        (void)line.before(' ');                              // the source
        const cgroup_membership options{1, line.rest(), {}}; // the same list by commas
        if (!option.empty() && !options.has(option)) continue;
        if (!path_below(path, root)) continue;
        found = cgroup_mount{std::move(root), std::move(point)};
    }
    return found;
}

} // namespace heaplings::detail
