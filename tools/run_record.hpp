// What is known of a run, in memory that the guard, the supervisor and the program's process before
// exec share: so it survives whichever of them ends first, and the program can't reach it.
#pragma once

#include "guard.hpp"
#include "system_error.hpp"

#include <algorithm>
#include <cstddef>
#include <new>
#include <string_view>
#include <sys/mman.h>
#include <sys/types.h>

namespace heaplings::tools {

// Bytes as they arrive. One byte more than is kept shows that there was more.
struct capture
{
    char* data = nullptr;
    std::size_t kept = 0;
    std::size_t size = 0;

    [[nodiscard]] bool overflowed() const noexcept { return size > kept; }
    [[nodiscard]] std::string_view text() const noexcept { return {data, std::min(size, kept)}; }
};

struct run_record
{
    bool finished = false;    // the supervisor came to its end
    int error = 0;            // errno of what kept the program from being started...
    char failed[4200] = {};   // ...and what that was
    std::optional<uid_t> uid; // whose processes are the program's and nobody else's
    std::optional<limit> stopped_by;
    int status = 0;
    std::chrono::milliseconds took{};
    bytes peak_memory{};
    int strays = 0;
    capture output;
    capture evidence;

    void fail(int number, std::string_view what) noexcept
    {
        error = number;
        what.copy(failed, sizeof failed - 1);
    }
};

class shared_run_record
{
public:
    // Throws std::system_error.
    shared_run_record(bytes output, bytes evidence)
        : size_{sizeof(run_record) + size_of(output) + size_of(evidence) + 2}
    {
        void* const memory =
            ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) fail("cannot map shared memory");
        record_ = new (memory) run_record;
        char* const rest = static_cast<char*>(memory) + sizeof(run_record);
        record_->output = {rest, size_of(output), 0};
        record_->evidence = {rest + size_of(output) + 1, size_of(evidence), 0};
    }
    ~shared_run_record() { ::munmap(record_, size_); }
    shared_run_record(const shared_run_record&) = delete;
    shared_run_record& operator=(const shared_run_record&) = delete;

    run_record& operator*() const noexcept { return *record_; }
    run_record* operator->() const noexcept { return record_; }

private:
    static std::size_t size_of(bytes size) { return static_cast<std::size_t>(size.count()); }

    std::size_t size_;
    run_record* record_;
};

} // namespace heaplings::tools
