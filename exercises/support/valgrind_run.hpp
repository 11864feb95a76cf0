// Runs a spec's heaplings_probe() under Valgrind, for specs whose judge is Valgrind's own report.
//
// For native runs: under Valgrind /proc/self/exe is Valgrind. It is found through PATH. Where there
// is none these functions throw, so that the test case fails and says why: nothing was shown.
#pragma once

#include "support/fresh_child.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace support {

// Blocks that were obtained at one place and are still there at the end, all lost in the same way.
struct leak
{
    std::string kind; // in Valgrind's words: Leak_DefinitelyLost
    std::size_t bytes = 0;
    std::size_t blocks = 0;
    std::vector<std::string> functions; // innermost first: malloc, who called it, who called that

    [[nodiscard]] bool comes_through(std::string_view function) const
    {
        return std::ranges::count(functions, function) > 0;
    }
    friend std::ostream& operator<<(std::ostream& out, const leak& lost)
    {
        return out << lost.kind << ' ' << lost.bytes << " bytes in " << lost.blocks << " blocks";
    }
};

namespace detail {

// The text between <name> and </name>, from `from` on; empty if there is none.
[[nodiscard]] inline std::string_view element(std::string_view xml, std::string_view name,
                                              std::size_t from = 0)
{
    const std::string opening = '<' + std::string{name} + '>';
    const std::size_t found = xml.find(opening, from);
    if (found == std::string_view::npos) return {};
    const std::size_t begin = found + opening.size();
    const std::size_t end = xml.find("</" + std::string{name} + '>', begin);
    if (end == std::string_view::npos) return {};
    return xml.substr(begin, end - begin);
}

// The texts of all elements of that name, in their order.
[[nodiscard]] inline std::vector<std::string_view> elements(std::string_view xml,
                                                            std::string_view name)
{
    std::vector<std::string_view> found;
    for (std::string_view text = element(xml, name); text.data() != nullptr;
         text = element(xml, name, static_cast<std::size_t>(text.data() - xml.data()))) {
        found.push_back(text);
    }
    return found;
}

[[nodiscard]] inline std::size_t number_in(std::string_view text)
{
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::runtime_error{"not a number in Valgrind's report: " + std::string{text}};
    }
    return number;
}

// A file in memory, into which a child may write.
class memory_file
{
public:
    memory_file() : descriptor_{::memfd_create("report of Valgrind", MFD_CLOEXEC)}
    {
        if (descriptor_ < 0) fail("memfd_create");
    }
    ~memory_file() { ::close(descriptor_); }
    memory_file(const memory_file&) = delete;
    memory_file& operator=(const memory_file&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }

    [[nodiscard]] std::string text() const
    {
        std::string all;
        char part[4096];
        while (true) {
            const ssize_t n =
                ::pread(descriptor_, part, sizeof part, static_cast<off_t>(all.size()));
            if (n < 0) fail("pread");
            if (n == 0) return all;
            all.append(part, static_cast<std::size_t>(n));
        }
    }

private:
    int descriptor_;
};

// Executes `valgrind options... this_program --heaplings-probe`; `prepare` is called in the child
// before.
inline void run_valgrind(const std::vector<std::string>& options,
                         const std::invocable auto& prepare)
{
    std::vector<std::string> words{"valgrind", "--command-line-only=yes", "--vgdb=no"};
    words.insert(words.end(), options.begin(), options.end());
    std::array<char, PATH_MAX> program;
    if (::realpath("/proc/self/exe", program.data()) == nullptr) {
        throw std::runtime_error{"this program was built anew while it ran: check it again"};
    }
    words.push_back(program.data());
    words.push_back("--heaplings-probe");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);

    constexpr int not_executed = 127; // as a shell says it
    const ending end = fork_and_wait([&]() noexcept {
        prepare();
        ::execvp(argv.front(), argv.data());
        ::_exit(not_executed);
    });
    if (end == exited(not_executed)) {
        throw std::runtime_error{"this exercise needs Valgrind, and none can be run here: "
                                 "./heaplings doctor says how to get it"};
    }
}

} // namespace detail

// Valgrind's report as a terminal shows it: with what the probe printed in between.
[[nodiscard]] inline std::string terminal_of_valgrind(const std::vector<std::string>& options)
{
    const detail::memory_file terminal;
    detail::run_valgrind(options, [&]() noexcept {
        ::dup2(terminal.descriptor(), STDOUT_FILENO);
        ::dup2(terminal.descriptor(), STDERR_FILENO);
    });
    return terminal.text();
}

// Valgrind's report on the probe as XML, with leaks of every kind.
//
// Throws std::runtime_error if the report does not reach its end.
[[nodiscard]] inline std::string report_on_probe()
{
    const detail::memory_file report;
    detail::run_valgrind({"-q", "--leak-check=full", "--show-leak-kinds=all",
                          "--errors-for-leak-kinds=all", "--read-inline-info=no",
                          "--child-silent-after-fork=yes", "--num-callers=40", "--xml=yes",
                          "--xml-fd=" + std::to_string(report.descriptor())},
                         [&]() noexcept { ::fcntl(report.descriptor(), F_SETFD, 0); });
    std::string xml = report.text();
    if (xml.find("<state>FINISHED</state>") == std::string::npos ||
        xml.find("</valgrindoutput>") == std::string::npos) {
        throw std::runtime_error{"Valgrind did not come to the end of its report: did the program "
                                 "crash?"};
    }
    return xml;
}

// The leaks in it.
[[nodiscard]] inline std::vector<leak> leaks_of_probe()
{
    const std::string report = report_on_probe();
    std::vector<leak> leaks;
    for (const std::string_view error : detail::elements(report, "error")) {
        const std::string_view kind = detail::element(error, "kind");
        if (!kind.starts_with("Leak_")) continue;
        leak found{.kind = std::string{kind},
                   .bytes = detail::number_in(detail::element(error, "leakedbytes")),
                   .blocks = detail::number_in(detail::element(error, "leakedblocks")),
                   .functions = {}};
        for (const std::string_view function : detail::elements(error, "fn")) {
            found.functions.emplace_back(function);
        }
        leaks.push_back(std::move(found));
    }
    return leaks;
}

} // namespace support
