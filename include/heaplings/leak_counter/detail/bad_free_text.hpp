// Tells of a bad free on stderr when no scope is there to be told: without the heap, from a hook.
#pragma once

#include <heaplings/leak_counter/detail/bad_free_log.hpp>
#include <heaplings/leak_counter/detail/call_stacks.hpp>

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace heaplings::detail {

[[nodiscard]] inline const char* name_of_free(allocation_kind kind) noexcept
{
    switch (kind) {
    case allocation_kind::new_single:
        return "delete";
    case allocation_kind::new_array:
        return "delete[]";
    case allocation_kind::malloc:
    case allocation_kind::any:
        break;
    }
    return "free";
}

// What is wrong, in a clause: `delete[] of a block that is from new`.
inline int describe(const noted_bad_free& noted, char* into, std::size_t size) noexcept
{
    const char* freed_by = name_of_free(noted.freed_as.kind);
    const char* allocated_by = name_of(noted.allocated.kind());
    const auto alignment = [](unsigned bit) {
        return bit == 0 ? 0UL : static_cast<unsigned long>(1) << bit;
    };
    switch (noted.what) {
    case bad_free_kind::mismatch:
        return std::snprintf(into, size, "%s of a block that is from %s", freed_by, allocated_by);
    case bad_free_kind::wrong_size:
        return std::snprintf(into, size, "%s of %zu B, but the block is of %llu B", freed_by,
                             noted.freed_as.size,
                             static_cast<unsigned long long>(noted.allocated.size()));
    case bad_free_kind::wrong_alignment:
        return std::snprintf(into, size,
                             "%s with alignment %lu of a block from %s with alignment %lu "
                             "(0: the default)",
                             freed_by, alignment(noted.freed_as.alignment_bit), allocated_by,
                             alignment(noted.allocated.alignment_bit()));
    case bad_free_kind::double_free:
        return std::snprintf(into, size, "%s of a block that was freed before", freed_by);
    case bad_free_kind::interior:
        return std::snprintf(
            into, size, "%s of an address %zu B behind the beginning of a block from %s", freed_by,
            static_cast<std::size_t>(static_cast<const char*>(noted.address) -
                                     static_cast<const char*>(noted.block)),
            allocated_by);
    case bad_free_kind::foreign:
        break;
    }
    return std::snprintf(into, size, "%s of an address that is in no block from %s", freed_by,
                         noted.freed_as.kind == allocation_kind::malloc ? "malloc" : "new");
}

// Text of limited length on the stack of a hook.
class hook_text
{
public:
    [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) noexcept
    {
        std::va_list arguments;
        va_start(arguments, format);
        const int written =
            std::vsnprintf(text_ + length_, sizeof text_ - length_, format, arguments);
        va_end(arguments);
        if (written > 0) {
            length_ = std::min(length_ + static_cast<std::size_t>(written), sizeof text_ - 1);
        }
    }

    void add(const noted_bad_free& noted) noexcept
    {
        const int written = describe(noted, text_ + length_, sizeof text_ - length_);
        if (written > 0) {
            length_ = std::min(length_ + static_cast<std::size_t>(written), sizeof text_ - 1);
        }
    }

    // Module and offset, as addr2line takes them, and what the dynamic symbols tell.
    void add_stack(const char* title, std::uint32_t number) noexcept
    {
        const call_stack_entry* stack = call_stacks::at(number);
        if (stack == nullptr) return;
        add("  %s\n", title);
        for (std::uint32_t i = 0; i < std::min(stack->depth, 6U); ++i) {
            Dl_info info{};
            if (dladdr(stack->frames[i], &info) == 0) {
                add("    %p\n", stack->frames[i]);
                continue;
            }
            const auto offset = static_cast<const char*>(stack->frames[i]) -
                                static_cast<const char*>(info.dli_fbase);
            add("    %s+0x%tx %s\n", info.dli_fname, offset,
                info.dli_sname != nullptr ? info.dli_sname : "");
        }
    }

    void write_to(int descriptor) const noexcept
    {
        for (std::size_t done = 0; done < length_;) {
            const ssize_t written = write(descriptor, text_ + done, length_ - done);
            if (written <= 0) return;
            done += static_cast<std::size_t>(written);
        }
    }

private:
    char text_[4096] = {};
    std::size_t length_ = 0;
};

[[gnu::noinline, gnu::cold]] inline void print_bad_free(const noted_bad_free& noted) noexcept
{
    hook_text text;
    text.add("heaplings: bad free that no leak_scope reports: ");
    text.add(noted);
    text.add(", at %p\n", noted.address);
    text.add_stack("freed at", noted.freed_at);
    if (noted.allocated.is_freed()) {
        text.add_stack("first freed at", noted.allocated.freed_at());
    }
    text.add_stack("allocated at", noted.allocated.stack());
    text.write_to(STDERR_FILENO);
}

} // namespace heaplings::detail
