// The families of allocation functions, each of which has its own way to free a block.
#pragma once

#include <ostream>

namespace heaplings {

enum class allocation_kind {
    malloc,     // malloc, calloc, realloc and the rest; strdup and others that call them: free
    new_single, // operator new: operator delete
    new_array,  // operator new[]: operator delete[]
    any,        // not known which: the sanitizer that saw it checks that itself
};

// `malloc`, `new`, `new[]`, `allocation`.
[[nodiscard]] constexpr const char* name_of(allocation_kind kind) noexcept
{
    switch (kind) {
    case allocation_kind::malloc:
        return "malloc";
    case allocation_kind::new_single:
        return "new";
    case allocation_kind::new_array:
        return "new[]";
    case allocation_kind::any:
        break;
    }
    return "allocation";
}

inline std::ostream& operator<<(std::ostream& out, allocation_kind kind)
{
    return out << name_of(kind);
}

} // namespace heaplings
