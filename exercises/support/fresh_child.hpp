// Runs a function in a process of its own, for specs that watch the heap.
//
// The C library remembers what a process did: freed blocks wait in free lists, and the limit from
// which malloc calls mmap moves. Whoever measures asks for a process without such a past:
//   in_fresh_child    forks: starts with a copy of the caller's heap, and what it does stays there
//   in_fresh_process  forks and executes this program anew: starts with the heap of a new program
// Both wait for the end and bring a result back, through memory shared with the child.
#pragma once

#include <array>
#include <bit>
#include <cerrno>
#include <concepts>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <ostream>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <type_traits>
#include <unistd.h>

namespace support {

// How a process ended: by an exit code or by a signal (waitpid(2)).
struct ending
{
    int exit_code = 0; // means nothing if a signal ended the process
    int signal = 0;    // 0: the process exited

    friend bool operator==(const ending&, const ending&) = default;
    friend std::ostream& operator<<(std::ostream& out, const ending& end)
    {
        if (end.signal == 0) return out << "exit code " << end.exit_code;
        return out << "killed by signal " << end.signal << " (" << ::strsignal(end.signal) << ')';
    }
};

[[nodiscard]] inline ending exited(int code)
{
    return {.exit_code = code, .signal = 0};
}
[[nodiscard]] inline ending killed_by(int signal)
{
    return {.exit_code = 0, .signal = signal};
}

// The same from a wait status (waitpid(2)).
[[nodiscard]] inline ending ending_of(int status)
{
    return WIFSIGNALED(status) ? killed_by(WTERMSIG(status)) : exited(WEXITSTATUS(status));
}

// What a child brought back. There is no result if it ended before the function returned.
template <class Result>
struct child_report
{
    std::optional<Result> result;
    ending end;
};

namespace detail {

[[noreturn]] inline void fail(const char* call)
{
    throw std::system_error{errno, std::generic_category(), call};
}

// Shared by parent and child; the child may execute another program and map it again.
template <class Result>
class mailbox
{
    static_assert(std::is_trivially_copyable_v<Result>, "it travels between processes as bytes");

public:
    mailbox() : descriptor_{::memfd_create("result of a child", 0)}
    {
        if (descriptor_ < 0) fail("memfd_create");
        if (::ftruncate(descriptor_, sizeof(letter)) != 0) fail("ftruncate");
        map();
    }
    explicit mailbox(int descriptor) : descriptor_{descriptor} { map(); }
    ~mailbox()
    {
        ::munmap(letter_, sizeof(letter));
        ::close(descriptor_);
    }
    mailbox(const mailbox&) = delete;
    mailbox& operator=(const mailbox&) = delete;

    [[nodiscard]] int descriptor() const { return descriptor_; }

    void post(const Result& result)
    {
        std::memcpy(letter_->bytes, &result, sizeof result);
        letter_->posted = true;
    }
    [[nodiscard]] std::optional<Result> collect() const
    {
        if (!letter_->posted) return std::nullopt;
        std::array<std::byte, sizeof(Result)> bytes;
        std::memcpy(bytes.data(), letter_->bytes, sizeof(Result));
        return std::bit_cast<Result>(bytes);
    }

private:
    struct letter
    {
        std::byte bytes[sizeof(Result)];
        bool posted; // false in new memory
    };

    void map()
    {
        void* const memory =
            ::mmap(nullptr, sizeof(letter), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
        if (memory == MAP_FAILED) fail("mmap");
        letter_ = static_cast<letter*>(memory);
    }

    int descriptor_;
    letter* letter_ = nullptr;
};

// Calls `body` in a child, which must not outlive us, and waits for the end.
inline ending fork_and_wait(const std::invocable auto& body)
{
    std::fflush(nullptr); // else the child would write what is buffered a second time
    const pid_t child = ::fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        body();
        std::fflush(nullptr);
        ::_exit(0);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) fail("waitpid");
    }
    return ending_of(status);
}

} // namespace detail

// Calls `work` in a forked child. Its result is copied: it must be trivially copyable.
//
// An exception that leaves `work` ends the child by SIGABRT.
// Throws std::system_error if no child can be had.
template <std::invocable Work>
[[nodiscard]] auto in_fresh_child(Work work) -> child_report<std::invoke_result_t<Work>>
{
    detail::mailbox<std::invoke_result_t<Work>> mail;
    const ending end = detail::fork_and_wait([&]() noexcept { mail.post(work()); });
    return {mail.collect(), end};
}

// Executes this program anew with an empty environment, as far as the spec's heaplings_probe():
//
//   extern "C" int heaplings_probe(int, char** arguments)
//   {
//       return support::deliver(arguments, measure(arguments[1]));
//   }
//   const auto report = support::in_fresh_process<measurement>("small blocks");
//
// For native runs: under Valgrind /proc/self/exe is Valgrind. Throws std::system_error if no child
// can be had.
template <class Result, class... Arguments>
[[nodiscard]] child_report<Result> in_fresh_process(const Arguments&... arguments)
{
    detail::mailbox<Result> mail;
    std::array<std::string, 3 + sizeof...(arguments)> words{
        "spec", "--heaplings-probe", std::to_string(mail.descriptor()), arguments...};
    std::array<char*, words.size() + 1> argv{};
    for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
    const ending end = detail::fork_and_wait([&]() noexcept {
        char* no_environment[] = {nullptr};
        ::execve("/proc/self/exe", argv.data(), no_environment);
        ::_exit(127);
    });
    return {mail.collect(), end};
}

// Called at the end of heaplings_probe(): posts the result to the process that asked for it. The
// probe's own arguments begin at arguments[1].
template <class Result>
[[nodiscard]] int deliver(char** arguments, const Result& result)
{
    detail::mailbox<Result>{std::atoi(arguments[0])}.post(result);
    return 0;
}

} // namespace support
