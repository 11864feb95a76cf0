// A thread returns a block as its result, which is freed by whoever joins.
// expects: nothing

#include "program.hpp"

#include <cstdlib>
#include <pthread.h>

namespace faults::result_taken {

void* count_words(void* text)
{
    auto* words = static_cast<int*>(escape(std::malloc(sizeof(int))));
    if (words == nullptr) return nullptr;
    *words = 1;
    for (const char* at = static_cast<const char*>(text); *at != '\0'; ++at) {
        if (*at == ' ') ++*words;
    }
    return words;
}

void program()
{
    char text[] = "it was the best of times";
    pthread_t counter;
    if (::pthread_create(&counter, nullptr, count_words, text) != 0) return;
    void* words = nullptr;
    ::pthread_join(counter, &words);
    std::free(words);
}

} // namespace faults::result_taken
