// A record that a process shares with the children that it forks.
#pragma once

#include <heaplings/error.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <new>
#include <string_view>
#include <type_traits>

namespace heaplings::detail {

// A text of fixed size, as a record has it that lies between processes.
template <std::size_t Capacity>
class fixed_text
{
public:
    // Takes what fits. Allocates nothing.
    void assign(std::string_view text) noexcept
    {
        size_ = std::min(text.size(), Capacity);
        text.copy(text_, size_);
    }
    [[nodiscard]] std::string_view view() const noexcept
    {
        return {text_, std::min(size_, Capacity)};
    }

private:
    std::size_t size_ = 0;
    char text_[Capacity] = {};
};

// Such a record, zeroed.
template <typename Record>
class shared_record
{
    static_assert(std::is_trivially_destructible_v<Record>);

public:
    // Throws std::system_error.
    shared_record()
    {
        void* const memory = ::mmap(nullptr, sizeof(Record), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw_system_error(errno, "map", "a shared record");
        record_ = new (memory) Record{};
    }
    ~shared_record() { unmap(); }
    shared_record(const shared_record&) = delete;
    shared_record& operator=(const shared_record&) = delete;

    [[nodiscard]] Record* operator->() const noexcept { return record_; }
    [[nodiscard]] Record& operator*() const noexcept { return *record_; }

    // In a child that is not to see it.
    void unmap() noexcept
    {
        if (record_ != nullptr) ::munmap(record_, sizeof(Record));
        record_ = nullptr;
    }

private:
    Record* record_ = nullptr;
};

} // namespace heaplings::detail
