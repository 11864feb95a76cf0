// Watches the calls of malloc and its relatives, and lets a chosen one find no memory.
//
// Link with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free (ld(1)), and with
// --wrap=reallocarray and --wrap=strdup if they may be called: calls in the program's own objects,
// not in its libraries, then arrive at the __wrap_ functions below. Under Valgrind this works as
// well, where a function of ours named malloc would never be called.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <malloc.h>
#include <ostream>
#include <span>
#include <string_view>

// The linker's names for the originals.
extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* block, std::size_t size);
void __real_free(void* block);
}

namespace support {

struct malloc_call
{
    std::string_view function; // malloc, calloc, realloc, reallocarray or strdup
    std::size_t size;          // bytes asked for
    void* block;               // given, or null
    bool freed;

    [[nodiscard]] bool is_live() const { return block != nullptr && !freed; }

    friend std::ostream& operator<<(std::ostream& out, const malloc_call& call)
    {
        return out << call.function << '(' << call.size << ')';
    }
};

// Lists the calls that are made while it lives: one watch at a time, in one thread.
class malloc_watch
{
public:
    // The call number `failing`, counted from 1, returns null. 0: none does.
    explicit malloc_watch(std::size_t failing = 0) : failing_{failing} { current = this; }
    ~malloc_watch() { current = nullptr; }
    malloc_watch(const malloc_watch&) = delete;
    malloc_watch& operator=(const malloc_watch&) = delete;

    // How many times memory was asked for.
    [[nodiscard]] std::size_t count() const { return count_; }

    // These calls in their order, at most the first 1024.
    [[nodiscard]] std::span<const malloc_call> calls() const
    {
        return std::span{calls_}.first(std::min(count_, calls_.size()));
    }

    // Did a call give this block, and is it not yet freed?
    [[nodiscard]] bool holds(const void* block) const
    {
        return std::ranges::any_of(calls(), [block](const malloc_call& call) {
            return call.block == block && call.is_live();
        });
    }

    // How many blocks were given and are not yet freed.
    [[nodiscard]] std::size_t live_blocks() const
    {
        return static_cast<std::size_t>(std::ranges::count_if(calls(), &malloc_call::is_live));
    }

    // For the wrappers below. No memory is obtained in here: it would be watched as well.
    inline static malloc_watch* current = nullptr;
    [[nodiscard]] bool next_fails() const { return count_ + 1 == failing_; }
    void note_call(std::string_view function, std::size_t size, void* block)
    {
        if (count_ < calls_.size()) calls_[count_] = {function, size, block, false};
        ++count_;
    }
    void note_free(const void* block)
    {
        for (malloc_call& call : std::span{calls_}.first(calls().size())) {
            if (call.block == block) call.freed = true;
        }
    }

private:
    std::array<malloc_call, 1024> calls_{};
    std::size_t count_ = 0;
    std::size_t failing_;
};

// realloc may move a block, and this one always does: who goes on with the old address is found
// out.
[[nodiscard]] inline void* moving_realloc(malloc_watch& watch, std::string_view function, void* old,
                                          std::size_t size)
{
    const bool fails = watch.next_fails();
    const bool only_frees = old != nullptr && size == 0 && !fails; // what glibc does for 0 bytes
    void* const block = fails || only_frees ? nullptr : __real_malloc(size);
    if (old != nullptr && block != nullptr) {
        std::memcpy(block, old, std::min(size, ::malloc_usable_size(old)));
    }
    if (only_frees || block != nullptr) {
        watch.note_free(old);
        __real_free(old);
    }
    watch.note_call(function, size, block);
    return block;
}

} // namespace support

// What the linker puts in place of the functions. `inline` lets several specs of one program
// include this; `used` compiles what only the linker refers to.
extern "C" {

[[gnu::used]] inline void* __wrap_malloc(std::size_t size)
{
    support::malloc_watch* const watch = support::malloc_watch::current;
    if (watch == nullptr) return __real_malloc(size);
    void* const block = watch->next_fails() ? nullptr : __real_malloc(size);
    watch->note_call("malloc", size, block);
    return block;
}

[[gnu::used]] inline void* __wrap_calloc(std::size_t count, std::size_t size)
{
    support::malloc_watch* const watch = support::malloc_watch::current;
    if (watch == nullptr) return __real_calloc(count, size);
    void* const block = watch->next_fails() ? nullptr : __real_calloc(count, size);
    watch->note_call("calloc", count * size, block);
    return block;
}

[[gnu::used]] inline void* __wrap_realloc(void* old, std::size_t size)
{
    support::malloc_watch* const watch = support::malloc_watch::current;
    if (watch == nullptr) return __real_realloc(old, size);
    return support::moving_realloc(*watch, "realloc", old, size);
}

[[gnu::used]] inline void* __wrap_reallocarray(void* old, std::size_t count, std::size_t size)
{
    std::size_t product = 0;
    if (__builtin_mul_overflow(count, size, &product)) return nullptr; // asks for no memory
    support::malloc_watch* const watch = support::malloc_watch::current;
    if (watch == nullptr) return __real_realloc(old, product);
    return support::moving_realloc(*watch, "reallocarray", old, product);
}

[[gnu::used]] inline char* __wrap_strdup(const char* text)
{
    const std::size_t size = std::strlen(text) + 1;
    support::malloc_watch* const watch = support::malloc_watch::current;
    const bool fails = watch != nullptr && watch->next_fails();
    void* const copy = fails ? nullptr : __real_malloc(size);
    if (watch != nullptr) watch->note_call("strdup", size, copy);
    return copy != nullptr ? static_cast<char*>(std::memcpy(copy, text, size)) : nullptr;
}

[[gnu::used]] inline void __wrap_free(void* block)
{
    if (support::malloc_watch::current != nullptr) support::malloc_watch::current->note_free(block);
    __real_free(block);
}

} // extern "C"
