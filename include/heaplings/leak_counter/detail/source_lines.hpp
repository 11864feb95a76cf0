// Source lines of return addresses, by addr2line(1) of the binutils, where it is installed.
#pragma once

#include <heaplings/leak_counter/detail/code_names.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" char** environ; // NOLINT

namespace heaplings::detail {

// A call, by the function that makes it. Inlined calls have the same address.
struct source_frame
{
    std::string function;     // mangled; empty: unknown
    std::string file;         // empty: unknown
    std::string line;         // empty: unknown
    std::string_view in_file; // the module; empty: unknown
    code_owner owner = code_owner::user;
};

// What a program prints on stdout; nothing if it can't be started. Its stdin is empty, what it says
// on stderr is dropped.
[[nodiscard]] inline std::string output_of(const std::vector<std::string>& command)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return {};
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str())); // NOLINT
    }
    arguments.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    const int error =
        posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);

    std::string output;
    char buffer[4096];
    while (error == 0) {
        const ssize_t length = read(ends[0], buffer, sizeof buffer);
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) break;
        output.append(buffer, static_cast<std::size_t>(length));
    }
    close(ends[0]);
    if (error == 0) {
        while (waitpid(child, nullptr, 0) == -1 && errno == EINTR) {
        }
    }
    return output;
}

// The frames of call stacks with their source lines. Allocates and starts a process: call it where
// allocations are not counted, and only to print.
class source_lines
{
public:
    explicit source_lines(const std::set<const void*>& return_addresses)
    {
        std::map<const code_module*, std::vector<const void*>> by_module;
        for (const void* address : return_addresses) {
            const code_location code = code_names::of_return_address(address);
            std::vector<source_frame>& frames = frames_[address];
            frames.push_back({std::string{code.function}, {}, {}, {}, owner_of(code.function)});
            if (code.module == nullptr) continue;
            frames.front().in_file = code.module->path;
            if (code.module->is_runtime()) {
                frames.front().owner = code_owner::standard_library;
            } else {
                by_module[code.module].push_back(address);
            }
        }
        for (const auto& [module, addresses] : by_module) look_up(*module, addresses);
    }

    // Innermost first: inlined functions, then that which they are inlined into.
    [[nodiscard]] const std::vector<source_frame>& at(const void* return_address) const
    {
        return frames_.at(return_address);
    }

private:
    void look_up(const code_module& module, std::span<const void* const> addresses)
    {
        constexpr std::size_t most_at_once = 1000; // as a command line has an end
        for (std::size_t first = 0; first < addresses.size(); first += most_at_once) {
            const auto some =
                addresses.subspan(first, std::min(most_at_once, addresses.size() - first));
            std::vector<std::string> command{"addr2line", "-f", "-i", "-a", "-e", file_of(module)};
            for (const void* address : some) {
                const code_location code = code_names::of_return_address(address);
                char hexadecimal[20];
                const auto end =
                    std::to_chars(hexadecimal, hexadecimal + sizeof hexadecimal, code.offset, 16);
                command.emplace_back(hexadecimal, end.ptr);
            }
            read(output_of(command), some, module);
        }
    }

    // Another process has another /proc/self/exe.
    [[nodiscard]] static std::string file_of(const code_module& module)
    {
        if (module.path != "/proc/self/exe") return module.path;
        char path[4096];
        const ssize_t length = readlink(module.path.c_str(), path, sizeof path);
        return length > 0 ? std::string{path, static_cast<std::size_t>(length)} : module.path;
    }

    // For each address a line with it, then for each frame a line with the function and one with
    // FILE:LINE, both `??` if unknown.
    void read(std::string_view output, std::span<const void* const> addresses,
              const code_module& module)
    {
        const auto next_line = [&output] {
            const std::size_t end = std::min(output.find('\n'), output.size());
            const std::string_view line = output.substr(0, end);
            output.remove_prefix(std::min(end + 1, output.size()));
            return line;
        };
        if (!output.starts_with("0x")) return;
        next_line();
        for (const void* address : addresses) {
            std::vector<source_frame> frames;
            while (!output.empty() && !output.starts_with("0x")) {
                const std::string_view function = next_line();
                const std::string_view place = next_line();
                add_frame(frames, function, place, module);
            }
            next_line();
            if (frames.empty()) continue;
            // The outermost is the function that the symbol table knows, under its mangled name.
            std::vector<source_frame>& known = frames_[address];
            if (!known.front().function.empty()) {
                frames.back().function = known.front().function;
                frames.back().owner = known.front().owner;
            }
            known = std::move(frames);
        }
    }

    static void add_frame(std::vector<source_frame>& frames, std::string_view function,
                          std::string_view place, const code_module& module)
    {
        source_frame frame;
        if (function != "??") frame.function = function;
        place = place.substr(0, place.find(" (discriminator"));
        const std::size_t colon = place.rfind(':');
        if (colon != place.npos && !place.starts_with("??")) {
            frame.file = place.substr(0, colon);
            if (place.substr(colon + 1) != "?") frame.line = place.substr(colon + 1);
        }
        frame.in_file = module.path;
        frame.owner = owner_of(frame.function);
        frames.push_back(std::move(frame));
    }

    std::map<const void*, std::vector<source_frame>> frames_;
};

} // namespace heaplings::detail
