#include "screen.hpp"

#include "text.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <unistd.h>

namespace heaplings::tools {

namespace {

bool wants_colour()
{
    const char* const no_color = std::getenv("NO_COLOR");
    const char* const term = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') &&
           term != nullptr && std::string_view{term} != "dumb";
}

} // namespace

screen::screen() : colour_{wants_colour()} {}

std::string screen::paint(std::string_view code, std::string_view text) const
{
    return colour_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string{text};
}

std::string screen::headline(const exercise& e, run_kind kind, const verdict& v) const
{
    const std::string name = e.test(kind) + ": ";
    const std::string verdict_words = wrapped(name + v.headline, 0).substr(name.size());
    switch (v.is) {
    case state::passed:
        return name + good(verdict_words);
    case state::waiting:
    case state::unavailable:
    case state::interrupted:
        return name + quiet(verdict_words);
    default:
        return name + bad(verdict_words);
    }
}

std::string screen::details(const verdict& v) const
{
    constexpr std::size_t most_lines = 12;
    std::string text = v.details;
    if (v.output.empty()) return text;
    std::vector<std::string> lines = split(v.output, '\n');
    if (lines.back().empty()) lines.pop_back();
    text += "  your program printed:\n";
    for (std::size_t i = 0; i < std::min(most_lines, lines.size()); ++i) {
        text += fmt::format("    {:.200}\n", lines[i]);
    }
    if (lines.size() > most_lines) {
        text += fmt::format("    ... ({} more lines)\n", lines.size() - most_lines);
    }
    return text;
}

std::string screen::bar(std::size_t solved, std::size_t all) const
{
    constexpr std::size_t width = 20;
    const std::size_t filled = all == 0 ? 0 : solved * width / all;
    return '[' + good(std::string(filled, '#')) + std::string(width - filled, '-') + ']';
}

std::string screen::progress_report(const course& all) const
{
    const progress sums = progress_of(all);
    std::string text = strong(fmt::format("{} of {} solved", sums.solved, sums.all));
    if (sums.unchecked > 0) {
        text +=
            fmt::format(", {} not checked in full here (see ./heaplings doctor)", sums.unchecked);
    }
    if (sums.skipped > 0) {
        text += fmt::format(", {} skipped: this machine can't run them (see ./heaplings doctor)",
                            sums.skipped);
    }
    text += '\n';
    for (const progress::chapter& c : sums.chapters) {
        text += fmt::format("  {:<24} {} {}/{}\n", c.name, bar(c.solved, c.all), c.solved, c.all);
    }
    if (sums.next == nullptr) {
        return text + (sums.unchecked + sums.skipped > 0
                           ? "All that this machine can check is solved.\n"
                           : "All exercises are solved. Well done.\n");
    }
    text += fmt::format("Next: {}, {}\n", strong(sums.next->id), sums.next->title);
    text += fmt::format("  edit   {}\n", shown(sums.next->file));
    text += fmt::format("  check  ./heaplings check {}\n", sums.next->name);
    text += fmt::format("  stuck? ./heaplings hint {}\n", sums.next->name);
    return text;
}

std::string screen::list(const course& all) const
{
    const progress sums = progress_of(all);
    std::string text;
    std::string chapter;
    for (const exercise& e : all.exercises) {
        if (e.chapter != chapter) {
            chapter = e.chapter;
            text += strong(chapter) + '\n';
        }
        const standing s = standing_of(e);
        const std::string mark = s == standing::solved      ? good("solved")
                                 : s == standing::unchecked ? quiet("passes")
                                 : s == standing::skipped   ? quiet("skip  ")
                                 : &e == sums.next          ? strong("next  ")
                                                            : "      ";
        text += fmt::format("  {} {:<23} {}\n", mark, e.id, e.title);
    }
    return text;
}

} // namespace heaplings::tools
