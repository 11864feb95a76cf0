// Processes to look at, ended with the object.
#pragma once

#include "readings.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bench {

// A child that sleeps until it is killed.
class sleeping_child
{
public:
    sleeping_child() : pid_{::fork()}
    {
        if (pid_ < 0) throw std::runtime_error{"no child can be made"};
        if (pid_ > 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) ::pause();
    }
    ~sleeping_child()
    {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    sleeping_child(sleeping_child&& other) noexcept : pid_{std::exchange(other.pid_, -1)} {}
    sleeping_child& operator=(sleeping_child&&) = delete;

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

private:
    pid_t pid_;
};

// A child that has 2,000 mappings, of a page each: every other one may not be written, or they
// would be one.
class child_with_many_mappings
{
public:
    static constexpr std::size_t count = 2000;

    [[nodiscard]] subjects look() const { return {child_.pid(), pages_.middle()}; }

private:
    class pages
    {
    public:
        pages()
        {
            begin_ = static_cast<char*>(
                ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
            if (begin_ == MAP_FAILED) throw std::runtime_error{"no memory can be mapped"};
            for (std::size_t at = 0; at < size_; at += 2 * page_) {
                if (::mprotect(begin_ + at, page_, PROT_READ) != 0)
                    throw std::runtime_error{"the mapping can't be split"};
            }
        }
        ~pages() { ::munmap(begin_, size_); }
        pages(const pages&) = delete;
        pages& operator=(const pages&) = delete;

        [[nodiscard]] std::uintptr_t middle() const
        {
            return reinterpret_cast<std::uintptr_t>(begin_ + size_ / 2);
        }

    private:
        std::size_t page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        std::size_t size_ = count * page_;
        char* begin_;
    };

    pages pages_;
    sleeping_child child_; // gets a copy of them
};

} // namespace bench
