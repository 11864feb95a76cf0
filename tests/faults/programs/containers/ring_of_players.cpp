// Players in a ring, who leave one after the other until nobody is left.
// expects: nothing

#include "program.hpp"

namespace faults::ring_of_players {

struct player
{
    int number;
    player* next;
};

void program()
{
    auto* first = escape(new player{1, nullptr});
    first->next = first;
    for (int number = 7; number > 1; --number) {
        first->next = escape(new player{number, first->next});
    }

    player* at = first;
    while (at->next != at) {
        at = at->next;
        player* out = at->next;
        at->next = out->next;
        delete out;
    }
    delete at;
}

} // namespace faults::ring_of_players
