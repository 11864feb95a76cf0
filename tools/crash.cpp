#include "crash.hpp"

#include "process.hpp"
#include "text.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <elf.h>
#include <fmt/format.h>
#include <system_error>

namespace heaplings::tools {

namespace {

template <typename Number>
std::optional<Number> number_from(std::string_view text, int base = 10)
{
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// Where the program's file says that its first byte belongs: debug information counts from there.
// 0 for a program that can be loaded anywhere (PIE).
std::optional<std::uint64_t> start_of_image(const std::filesystem::path& program)
{
    const std::optional<std::string> image = read_file(program);
    Elf64_Ehdr header;
    if (!image || image->size() < sizeof header) return std::nullopt;
    std::memcpy(&header, image->data(), sizeof header);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr)) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment;
        const std::size_t offset = i * sizeof segment;
        if (header.e_phoff > image->size() ||
            image->size() - header.e_phoff < offset + sizeof segment) {
            return std::nullopt;
        }
        std::memcpy(&segment, image->data() + header.e_phoff + offset, sizeof segment);
        if (segment.p_type == PT_LOAD) return segment.p_vaddr; // they are in ascending order
    }
    return std::nullopt;
}

// `/home/me/2_which_way.cpp:31 (discriminator 2)`; an unknown part is `??`, `?` or 0.
void read_place(std::string_view place, stack_frame& frame)
{
    place = place.substr(0, place.find(" (discriminator"));
    const std::size_t colon = place.rfind(':');
    if (colon == std::string_view::npos) return;
    frame.line = number_from<int>(place.substr(colon + 1)).value_or(0);
    if (frame.line != 0) frame.file = place.substr(0, colon);
}

// What addr2line -a -f -i prints for each address: a line 0xADDRESS, then for each function that
// was inlined there, and last the one that holds it, a line with its name and one with its place.
stack_trace read_addr2line(std::string_view text, const std::string& program)
{
    stack_trace stack;
    const std::vector<std::string> lines = split(text, '\n');
    std::uint64_t address = 0;
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
        if (lines[i].starts_with("0x")) {
            address = number_from<std::uint64_t>(lines[i].substr(2), 16).value_or(0);
            continue;
        }
        stack_frame frame;
        frame.address = address;
        if (lines[i] != "??") {
            frame.object = program;
            frame.function = lines[i];
        }
        read_place(lines[++i], frame);
        stack.push_back(std::move(frame));
    }
    return stack;
}

// ` in which_way (2_which_way.cpp:31)`, ` in std::vector::at called by ...`, or nothing.
std::string place_of(const crash& crashed, const stack_trace& stack, std::string_view learner)
{
    const auto place = find_place(stack, learner);
    if (place == stack.end()) return "";

    // abort is called by a library, always
    const std::string callee = crashed.signal == SIGABRT ? "" : callee_of(stack, place);
    return fmt::format(" in {}{}{}", callee, callee.empty() ? "" : " called by ",
                       place_in_words(*place));
}

bool is_recursive(const stack_trace& stack)
{
    return std::ranges::any_of(stack, [&](const stack_frame& frame) {
        return !frame.file.empty() &&
               std::ranges::count(stack, frame.function, &stack_frame::function) > 2;
    });
}

std::string segmentation_fault(const crash& crashed, const stack_trace& stack,
                               const std::string& place)
{
    constexpr std::uint64_t first_mappable =
        64 * 1024; // vm.mmap_min_addr keeps what is below empty
    if (crashed.near_stack_pointer) {
        return fmt::format("the stack overflowed{}: {}", place,
                           is_recursive(stack) ? "does a function call itself without end?"
                                               : "is a local variable too large for it?");
    }
    if (!crashed.address) {
        return fmt::format("segmentation fault{}: was a pointer never set, or overwritten?", place);
    }
    return fmt::format("segmentation fault{}, at address {:#x}: {}", place, *crashed.address,
                       *crashed.address < first_mappable ? "is a pointer null?"
                                                         : "is that memory yours, and writable?");
}

} // namespace

std::optional<crash> read_crash(std::span<const std::string> fields)
{
    if (fields.size() < 3) return std::nullopt;
    const auto signal = number_from<int>(fields[0]);
    const auto address = number_from<std::int64_t>(fields[1]);
    const auto near_stack_pointer = number_from<int>(fields[2]);
    if (!signal || !near_stack_pointer || !(address || fields[1].empty())) return std::nullopt;

    crash crashed;
    crashed.signal = *signal;
    if (address) crashed.address = static_cast<std::uint64_t>(*address);
    crashed.near_stack_pointer = *near_stack_pointer != 0;
    for (const std::string& field : fields.subspan(3)) {
        const auto offset = number_from<std::int64_t>(field);
        if (!offset) return std::nullopt;
        crashed.offsets.push_back(*offset);
    }
    return crashed;
}

stack_trace stack_at(const crash& crashed, const std::filesystem::path& program)
{
    constexpr std::size_t struck = 2; // frames 0 and 1 are the handler and the kernel's way into it
    const auto start = start_of_image(program);
    if (!start || crashed.offsets.size() <= struck) return {};

    std::vector<std::string> command = {"addr2line", "-e", program.string(), "-a", "-f",
                                        "-C",        "-i"};
    for (std::size_t i = struck; i < crashed.offsets.size(); ++i) {
        // Outer frames hold the address to return to, which is which may be the next line's.
        const std::uint64_t back = i == struck ? 0 : 1;
        command.push_back(
            fmt::format("{:#x}", *start + static_cast<std::uint64_t>(crashed.offsets[i]) - back));
    }
    const finished_command done = run_command(command);
    if (done.status != 0) return {};
    return read_addr2line(done.said, program.string());
}

std::string describe_crash(const crash& crashed, const stack_trace& stack,
                           std::string_view learner_file_name)
{
    const std::string place = place_of(crashed, stack, learner_file_name);
    switch (crashed.signal) {
    case SIGSEGV:
        return segmentation_fault(crashed, stack, place);
    case SIGBUS:
        return fmt::format("bus error{}: does a pointer point behind the end of a mapped file?",
                           place);
    case SIGFPE:
        return fmt::format("arithmetic error{}: is something divided by zero?", place);
    case SIGILL:
        return fmt::format("illegal instruction{}: does a function end without its return?", place);
    case SIGABRT:
        return fmt::format(
            "aborted{}: does its output say why (double free, overrun block, exception)?", place);
    default:
        return fmt::format("killed by signal {} ({}){}", crashed.signal,
                           ::strsignal(crashed.signal), place);
    }
}

std::string describe_crash(std::span<const std::string> fields,
                           const std::filesystem::path& program, std::string_view learner_file_name)
{
    const std::optional<crash> crashed = read_crash(fields);
    if (!crashed) return "crashed";
    return describe_crash(*crashed, stack_at(*crashed, program), learner_file_name);
}

} // namespace heaplings::tools
