// Tells where the compiler adds a sanitizer, which brings an allocator of its own.
//
// Macros, as definitions of operator new and malloc depend on them. GCC does not tell of
// -fsanitize=leak alone.
//
// HEAPLINGS_SANITIZED: a malloc defined in the program would cut the sanitizer off from it.
// HEAPLINGS_SANITIZED_NEW: so would an operator new: with Clang it does not link, and GCC's
// AddressSanitizer then misses mismatches.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAPLINGS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(hwaddress_sanitizer) ||                      \
    __has_feature(leak_sanitizer) || __has_feature(memory_sanitizer) ||                            \
    __has_feature(thread_sanitizer)
#define HEAPLINGS_SANITIZED
#endif
#endif

#if defined(HEAPLINGS_SANITIZED) && (defined(__clang__) || defined(__SANITIZE_ADDRESS__))
#define HEAPLINGS_SANITIZED_NEW
#endif
