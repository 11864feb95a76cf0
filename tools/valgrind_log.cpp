#include "valgrind_report.hpp"

#include "text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace heaplings::tools {

namespace {

class log_text
{
public:
    explicit log_text(std::int64_t process) : start_{fmt::format("=={}== ", process)} {}

    // Which thread the next error is of, if not the same as the last one's.
    void thread(int number)
    {
        if (number != std::exchange(thread_, number)) line(fmt::format("Thread {}:", number));
    }

    void line(std::string_view text = "") { text_ += fmt::format("{}{}\n", start_, text); }

    void stack(const stack_trace& frames)
    {
        std::string_view by = "at";
        for (const stack_frame& frame : frames) {
            const std::string_view function =
                frame.function.empty() ? "???" : std::string_view{frame.function};
            std::string where;
            if (!frame.file.empty()) {
                const std::filesystem::path file = frame.file;
                where = fmt::format(" ({}:{})", file.filename().string(), frame.line);
            } else if (!frame.object.empty()) {
                where = fmt::format(" (in {})", frame.object);
            }
            line(fmt::format("   {} 0x{:X}: {}{}", by, frame.address, function, where));
            by = "by";
        }
    }

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string start_;
    std::string text_;
    int thread_ = 1;
};

void append(log_text& log, const valgrind_finding& found)
{
    if (!found.leak) log.thread(found.thread);
    log.line(found.text);
    log.stack(found.stack);
    for (const valgrind_note& note : found.notes) {
        log.line(" " + note.text);
        log.stack(note.stack);
    }
    log.line();
}

void append(log_text& log, const valgrind_signal& fatal)
{
    log.line();
    log.line(fmt::format("Process terminating with default action of signal {} ({})",
                         fatal.ended.signal, fatal.name));
    if (!fatal.event.empty() && fatal.ended.address) {
        log.line(fmt::format(" {} at address 0x{:X}", fatal.event, *fatal.ended.address));
    }
    log.stack(fatal.stack);
}

} // namespace

std::string full_text(const valgrind_report& report)
{
    log_text log{report.process};
    for (const std::string& line : report.preamble) log.line(line);
    log.line();
    const auto first_leak = std::ranges::find_if(
        report.findings, [](const valgrind_finding& found) { return found.leak.has_value(); });
    for (auto found = report.findings.begin(); found != first_leak; ++found) append(log, *found);
    if (report.fatal_signal) append(log, *report.fatal_signal);
    for (auto found = first_leak; found != report.findings.end(); ++found) append(log, *found);
    log.line(report.finished
                 ? fmt::format("{} found", quantity(std::ssize(report.findings), "error"))
                 : "Valgrind did not finish");
    return log.text();
}

} // namespace heaplings::tools
