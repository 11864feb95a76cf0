// Puts OOM reports together from the lines of a kernel log. A newline in a process's name divides a
// line in most texts, so that what is malformed is tried again with the lines that follow.
#pragma once

#include <heaplings/kernel_log/detail/context_reader.hpp>
#include <heaplings/kernel_log/detail/drafts.hpp>
#include <heaplings/kernel_log/detail/kill_reader.hpp>
#include <heaplings/kernel_log/detail/report_text.hpp>
#include <heaplings/kernel_log/oom_report.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heaplings::detail {

class report_builder
{
public:
    explicit report_builder(bytes page) noexcept : context_{drafts_, page}, kills_{drafts_} {}
    report_builder(const report_builder&) = delete;
    report_builder& operator=(const report_builder&) = delete;

    void take(const kernel_line& line)
    {
        const auto held = std::exchange(held_, std::nullopt);
        std::string joined;
        if (held && line.may_continue) {
            joined = held->text + '\n' + std::string{line.message};
            kernel_line whole = line;
            whole.number = held->number;
            if (read({whole, joined, true}) == reading::done) return;
        }
        const reading result = read({line, line.message});
        if (held) {
            if (result == reading::other && !joined.empty() && joined.size() <= held->longest) {
                held_ = held_line{held->number, std::move(joined), held->longest};
                return;
            }
            add_unread(*held);
        }
        keep(line, result);
    }

    // What was read, in the order of the reports' first lines.
    [[nodiscard]] oom_log finish()
    {
        if (held_) add_unread(*held_);
        return {drafts_.take(), std::move(unread_)};
    }

private:
    struct held_line
    {
        std::size_t number;
        std::string text;
        std::size_t longest; // that it can become with the rest of a name
    };

    reading read(const report_text& message)
    {
        if (message.text.find(invoked_line::mark) != std::string_view::npos) {
            return context_.read_invoked(message);
        }
        // This line begins with a name, too, which may look like any of the others.
        if (const reading result = context_.read_cpuset(message); result != reading::other) {
            return result;
        }
        for (const auto part :
             {&kill_reader::read_kill, &kill_reader::read_choice, &kill_reader::read_group,
              &kill_reader::read_no_kill, &kill_reader::read_reaping}) {
            const reading result = (kills_.*part)(message);
            if (result != reading::other) return result;
        }
        for (const auto part : {&context_reader::read_table, &context_reader::read_summary,
                                &context_reader::read_counter, &context_reader::read_limit,
                                &context_reader::read_sysrq, &context_reader::read_traced}) {
            const reading result = (context_.*part)(message);
            if (result != reading::other) return result;
        }
        return reading::other;
    }

    void keep(const kernel_line& line, reading result)
    {
        switch (result) {
        case reading::done:
            return;
        case reading::malformed:
            held_ = {line.number, std::string{line.message}, line.message.size() + longest_name};
            return;
        case reading::stray:
            add_unread(line.number, line.message, "what it belongs to is missing");
            return;
        case reading::other:
            break;
        }
        if (line.may_continue && context_.read_more_of_name(line)) return;
        if (line.message.ends_with("B blob data]")) {
            add_unread(line.number, line.message, "hidden by journalctl: use its option --all");
        }
    }

    void add_unread(const held_line& held)
    {
        add_unread(held.number, held.text, "cut off or malformed");
    }
    void add_unread(std::size_t number, std::string_view text, std::string_view why)
    {
        constexpr std::size_t longest = 200;
        unread_.push_back({number, std::string{text.substr(0, longest)}, why});
    }

    drafts drafts_;
    context_reader context_;
    kill_reader kills_;
    std::vector<unread_line> unread_;
    std::optional<held_line> held_;
};

} // namespace heaplings::detail
