// A thread returns a block as its result; whoever joins does not ask for it.
// expects: leak

#include "program.hpp"

#include <cstdlib>
#include <pthread.h>

namespace faults::result_not_taken {

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
    ::pthread_join(counter, nullptr);
}

} // namespace faults::result_not_taken
