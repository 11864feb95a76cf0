// Runs the spec's heaplings_probe() under Valgrind, in a fresh process of this very program.
//
// For native runs: under Valgrind /proc/self/exe is Valgrind.
#pragma once

#include "support/fresh_child.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace support {

namespace detail {

// All that was written into the file behind `descriptor`.
inline std::string content_of(int descriptor)
{
    std::string content;
    std::array<char, 65536> part;
    for (;;) {
        const ssize_t size =
            ::pread(descriptor, part.data(), part.size(), static_cast<off_t>(content.size()));
        if (size < 0) fail("pread");
        if (size == 0) return content;
        content.append(part.data(), static_cast<std::size_t>(size));
    }
}

} // namespace detail

// Valgrind's XML report on heaplings_probe(), which is called with `argument`: the whole report,
// with leaks of every kind. Valgrind is looked for on PATH.
//
// Throws std::runtime_error if Valgrind isn't there or the report is not complete,
// std::system_error if no child can be had.
[[nodiscard]] inline std::string valgrind_on_probe(std::string argument = {})
{
    const int report = ::memfd_create("Valgrind's report", 0); // inherited by Valgrind
    if (report < 0) detail::fail("memfd_create");

    const char* const path = std::getenv("PATH");
    std::string search_path = std::string{"PATH="} + (path != nullptr ? path : "/usr/bin:/bin");
    std::string program = std::filesystem::read_symlink("/proc/self/exe");
    std::array<std::string, 13> words{"valgrind",
                                      "--command-line-only=yes", // obeys no .valgrindrc
                                      "--vgdb=no",
                                      "-q",
                                      "--leak-check=full",
                                      "--show-leak-kinds=all",
                                      "--errors-for-leak-kinds=all",
                                      "--read-inline-info=no",
                                      "--xml=yes",
                                      "--xml-fd=" + std::to_string(report),
                                      program,
                                      "--heaplings-probe",
                                      std::move(argument)};
    std::array<char*, words.size() + 1> argv{};
    for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
    char* environment[] = {search_path.data(), nullptr};
    constexpr int not_found = 127;
    const ending end = detail::fork_and_wait([&]() noexcept {
        ::execvpe(argv[0], argv.data(), environment);
        ::_exit(not_found);
    });
    std::string xml = detail::content_of(report);
    ::close(report);

    if (end == exited(not_found)) {
        throw std::runtime_error{"this exercise needs Valgrind, and there is none on " +
                                 search_path + "; ./heaplings installs it"};
    }
    if (end != exited(0) || xml.find("<state>FINISHED</state>") == std::string::npos) {
        std::ostringstream told;
        told << "Valgrind did not complete its report: " << end;
        throw std::runtime_error{told.str()};
    }
    return xml;
}

} // namespace support
