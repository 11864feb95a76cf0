// Leaks that are none: what a function keeps on purpose, what libraries keep for the process.
#pragma once

#include <heaplings/leak_counter/detail/call_stacks.hpp>
#include <heaplings/leak_counter/detail/code_names.hpp>
#include <heaplings/leak_counter/not_counted.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace heaplings {

namespace detail {

class allowed_functions
{
public:
    static void add(std::string_view function)
    {
        const not_counted own_work;
        const std::lock_guard guard{lock()};
        names().emplace_back(function);
    }

    // `function` is a demangled name with its parameters, `cache::lookup(int)`.
    [[nodiscard]] static bool contain(std::string_view function)
    {
        const std::lock_guard guard{lock()};
        return std::any_of(names().begin(), names().end(), [&](std::string_view name) {
            const std::size_t begin = function.find(name);
            if (begin == function.npos) return false;
            const std::string_view before = function.substr(0, begin);
            const std::string_view after = function.substr(begin + name.size());
            return (before.empty() || before.ends_with(' ') || before.ends_with("::")) &&
                   (after.empty() || after.front() == '(' || after.front() == '<' ||
                    after.front() == '[');
        });
    }

    [[nodiscard]] static bool are_none()
    {
        const std::lock_guard guard{lock()};
        return names().empty();
    }

private:
    // Never destroyed: static destructors may still ask.
    [[nodiscard]] static std::mutex& lock()
    {
        static std::mutex& mutex = *new std::mutex;
        return mutex;
    }
    [[nodiscard]] static std::vector<std::string>& names()
    {
        static auto& list = *new std::vector<std::string>;
        return list;
    }
};

// Functions of the runtime libraries that keep what they allocate where no search for pointers
// finds it: buffers of streams, data of threads. What the loader allocates (modules, TLS blocks,
// for stacks that pthread_create reuses too) is known by its code, and what the C library points to
// by kept_by_c_library.hpp; in a static executable both are known by their names alone, as are
// locales.
[[nodiscard]] inline bool keeps_what_it_allocates(std::string_view function) noexcept
{
    // The buffer of a stringstream goes with it: if that has leaked, that is told.
    for (const std::string_view start : {"_ZNSt7__cxx1115basic_stringbuf", "_dl_", "_nl_",
                                         "__gconv_", "__wcsmbs_", "__tz", "tzset_"}) {
        if (function.starts_with(start)) return true;
    }
    for (const std::string_view name :
         {"_IO_file_doallocate", "__cxa_thread_atexit_impl", "pthread_setspecific",
          "__pthread_setspecific", "strerror", "strerror_l", "strsignal", "dlopen", "dlclose",
          "dlsym", "dlvsym", "dlerror"}) {
        if (function == name) return true;
    }
    return false;
}

// Whether a block that was allocated at this call stack is to be called leaked: not if it is the
// test framework's, a library's that keeps it, or of a function that is allowed to leak.
[[nodiscard]] inline bool counts_as_leak(const call_stack_entry& stack)
{
    bool is_in_runtime = true; // as long as only code of the C and C++ runtime was met
    const bool looks_for_allowed = !allowed_functions::are_none();
    for (std::uint32_t i = 0; i < stack.depth; ++i) {
        const code_location code = code_names::of_return_address(stack.frames[i]);
        const code_owner owner = owner_of(code.function);
        if (is_in_runtime) {
            if (owner == code_owner::test_framework || is_loaders(code) ||
                keeps_what_it_allocates(code.function)) {
                return false;
            }
            is_in_runtime = owner == code_owner::standard_library || may_be_runtime(code);
        }
        if (looks_for_allowed && allowed_functions::contain(demangled(code.function))) return false;
    }
    return true;
}

} // namespace detail

// From now on, what the function allocates and does not free, itself or in what it calls, is no
// leak, in no scope. `function` is its name with namespaces, without parameters: `app::cache::get`;
// of an overloaded one, all are meant. Needs call stacks, with the function among the innermost 16,
// and an executable that is not stripped.
//
// For code that can't be changed: where it can, a not_counted says it in place.
inline void allow_leaks_of(std::string_view function)
{
    detail::allowed_functions::add(function);
}

} // namespace heaplings
