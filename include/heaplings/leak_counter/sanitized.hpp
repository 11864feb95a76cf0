// Defines HEAPLINGS_SANITIZED where the compiler adds a sanitizer with a malloc of its own.
//
// A macro, as definitions of operator new and malloc depend on it. GCC does not tell of
// -fsanitize=leak alone.
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
