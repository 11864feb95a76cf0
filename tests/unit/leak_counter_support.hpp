// What the tests of the leak counter share.
#pragma once

#include <heaplings/leak_counter.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

namespace leak_counter_support {

// Keeps the compiler from leaving out an allocation, and from knowing which one a pointer is of.
template <typename T>
T* escape(T* block)
{
    asm volatile("" : "+r"(block) : : "memory");
    return block;
}

// Keeps the compiler from judging a size that is impossible on purpose.
inline std::size_t opaque(std::size_t size)
{
    asm volatile("" : "+r"(size));
    return size;
}

inline const std::size_t impossible = std::numeric_limits<std::size_t>::max();

inline heaplings::allocation_counts allocated(std::int64_t blocks, heaplings::bytes size)
{
    return {blocks, 0, size, heaplings::bytes{0}, blocks, size, 0};
}

inline heaplings::allocation_counts allocated_and_freed(std::int64_t blocks, heaplings::bytes size)
{
    return {blocks, blocks, size, size, 0, heaplings::bytes{0}, 0};
}

inline heaplings::allocation_counts freed(std::int64_t blocks, heaplings::bytes size)
{
    return {0, blocks, heaplings::bytes{0}, size, 0, heaplings::bytes{0}, 0};
}

// What `action` allocates and frees in this thread.
template <typename Action>
heaplings::allocation_counts counts_of(Action action,
                                       heaplings::hook needed = heaplings::hook::operator_new)
{
    const heaplings::leak_scope scope{heaplings::scope_extent::this_thread, needed};
    action();
    return scope.counts();
}

// Exit status of a child process that runs `action`, which returns whether all was right.
template <typename Action>
int status_of_child(Action action)
{
    const pid_t child = fork();
    if (child == 0) _exit(action() ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

template <typename T>
std::string text_of(const T& value)
{
    std::ostringstream out;
    out << value;
    return out.str();
}

inline bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace leak_counter_support
