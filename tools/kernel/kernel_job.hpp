// What launcher and guest init say to each other: the job, through a memory file that the guest
// sees as a disk, and short messages over a console.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings::tools {

struct kernel_job
{
    std::string directory;
    std::vector<std::string> argv;
    std::vector<std::string> environment;
    int evidence_descriptor = -1;
    unsigned challenge_size = 0;
    bool has_input = false;
    bool on_terminal = false;
    bool watches_memory = false;
    unsigned short rows = 0;
    unsigned short columns = 0;
};

// From guest init. READY: the consoles are open, input may come.
// FREE: a sample of free memory before the last OOM kill; those come in their order before ENDED.
enum class guest_word : std::uint8_t { ready = 'r', not_run = 'x', free = 'f', ended = 'e' };

struct guest_message
{
    guest_word word;
    std::int32_t value; // errno of what was not run, KiB, wait status of what ended
};

// To guest init: a piece of the command's standard input, its size ahead; an empty one is the end.
using input_size = std::uint16_t;

// The disk's size is a multiple of this.
inline constexpr std::size_t sector = 512;

// Texts, each ended by a zero: no text of a command line, an environment or a path holds one.
[[nodiscard]] inline std::string encode(const kernel_job& job)
{
    std::string text;
    const auto put = [&](std::string_view value) { (text += value) += '\0'; };
    for (const unsigned number :
         {static_cast<unsigned>(job.argv.size()), static_cast<unsigned>(job.environment.size()),
          static_cast<unsigned>(job.evidence_descriptor + 1), job.challenge_size,
          static_cast<unsigned>(job.has_input), static_cast<unsigned>(job.on_terminal),
          static_cast<unsigned>(job.watches_memory),
          static_cast<unsigned>(job.rows), static_cast<unsigned>(job.columns)}) {
        put(std::to_string(number));
    }
    put(job.directory);
    for (const std::string& value : job.argv) put(value);
    for (const std::string& value : job.environment) put(value);
    text.resize((text.size() + sector - 1) / sector * sector);
    return text;
}

[[nodiscard]] inline kernel_job decode_job(std::string_view text)
{
    std::size_t at = 0;
    const auto next = [&] {
        const std::size_t end = text.find('\0', at);
        if (end == std::string_view::npos) return std::string{};
        std::string value{text.substr(at, end - at)};
        at = end + 1;
        return value;
    };
    const auto number = [&] {
        return static_cast<unsigned>(std::strtoul(next().c_str(), nullptr, 10));
    };
    kernel_job job;
    const unsigned arguments = number();
    const unsigned variables = number();
    job.evidence_descriptor = static_cast<int>(number()) - 1;
    job.challenge_size = number();
    job.has_input = number() != 0;
    job.on_terminal = number() != 0;
    job.watches_memory = number() != 0;
    job.rows = static_cast<unsigned short>(number());
    job.columns = static_cast<unsigned short>(number());
    job.directory = next();
    for (unsigned i = 0; i < arguments; ++i) job.argv.push_back(next());
    for (unsigned i = 0; i < variables; ++i) job.environment.push_back(next());
    return job;
}

} // namespace heaplings::tools
