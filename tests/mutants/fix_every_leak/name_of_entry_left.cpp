// Frees the entry on the error path, but not the name in it.
// refused by: when the program returns, none of its blocks is left

#include "spec/fix_every_leak.hpp"

#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace {

constexpr const char* harbour_log[] = {
    "Aurora 12", "Bergen 7",  "Calypso 0", "Aurora 30", "Delfin ?",
    "Elba 9",    "Bergen 21", "Elba -1",   "Fram 41",   "Aurora 5",
};

struct entry // one line of the log
{
    char* name;
    int tonnes;
};

struct ship // in a list, in the order of their first loads
{
    ship* next;
    std::size_t count;
    int* loads; // `count` of them, in tonnes
    char* name;
};

// A program that runs for a moment may give up when there is no memory.
void* or_give_up(void* block)
{
    if (block == nullptr) std::abort();
    return block;
}

char* copy_of(const char* text)
{
    return static_cast<char*>(or_give_up(::strdup(text)));
}

void free_entry(entry* read)
{
    std::free(read->name);
    std::free(read);
}

// The entry on a line of the log, to be freed by free_entry, or null if nobody can read it.
entry* read_entry(const char* line)
{
    entry* const read = static_cast<entry*>(or_give_up(std::malloc(sizeof(entry))));
    read->name = copy_of(line);
    char* const space = std::strchr(read->name, ' ');
    if (space == nullptr || std::sscanf(space, "%d", &read->tonnes) != 1) {
        std::free(read);
        return nullptr;
    }
    *space = '\0'; // the name ends here
    return read;
}

// The place of the list that leads to the ship of this name; there is null if she is not listed.
ship** find(ship** place, const char* name)
{
    while (*place != nullptr && std::strcmp((*place)->name, name) != 0) place = &(*place)->next;
    return place;
}

void add_load(ship** list, const entry& seen)
{
    ship** const place = find(list, seen.name);
    if (*place == nullptr) {
        *place = static_cast<ship*>(or_give_up(std::malloc(sizeof(ship))));
        **place = {nullptr, 0, nullptr, copy_of(seen.name)};
    }
    ship& found = **place;
    void* const grown = std::realloc(found.loads, (found.count + 1) * sizeof(int));
    found.loads = static_cast<int*>(or_give_up(grown));
    found.loads[found.count++] = seen.tonnes;
}

void free_ship(ship* gone)
{
    std::free(gone->loads);
    std::free(gone->name);
    std::free(gone);
}

// Takes the ship of this name off the list.
void strike(ship** list, const char* name)
{
    ship** const place = find(list, name);
    if (*place == nullptr) return;
    ship* const struck = *place;
    *place = struck->next;
    free_ship(struck);
}

// A copy, to be freed by the caller.
char* in_capitals(const char* name)
{
    char* const capitals = copy_of(name);
    for (char* c = capitals; *c != '\0'; ++c) {
        *c = static_cast<char>(std::toupper(static_cast<unsigned char>(*c)));
    }
    return capitals;
}

void print(std::FILE* out, const ship& listed)
{
    int sum = 0;
    for (std::size_t i = 0; i < listed.count; ++i) sum += listed.loads[i];
    char* const capitals = in_capitals(listed.name);
    std::fprintf(out, "%s: %zu loads, %d tonnes\n", capitals, listed.count, sum);
    std::free(capitals);
}

} // namespace

void program(std::FILE* out)
{
    ship* ships = nullptr;
    char* heaviest = nullptr; // the name of the ship that brought the heaviest load
    int most = 0;
    int unreadable = 0;

    for (const char* const line : harbour_log) {
        entry* const seen = read_entry(line);
        if (seen == nullptr) {
            ++unreadable;
            continue;
        }
        if (seen->tonnes == 0) {
            free_entry(seen);
            continue;
        }
        if (seen->tonnes < 0) {
            strike(&ships, seen->name);
        } else {
            add_load(&ships, *seen);
            if (seen->tonnes > most) {
                most = seen->tonnes;
                std::free(heaviest);
                heaviest = copy_of(seen->name);
            }
        }
        free_entry(seen);
    }

    for (const ship* each = ships; each != nullptr; each = each->next) print(out, *each);
    if (heaviest != nullptr) std::fprintf(out, "heaviest load: %s, %d tonnes\n", heaviest, most);
    std::fprintf(out, "unreadable lines: %d\n", unreadable);

    std::free(heaviest);
    while (ships != nullptr) {
        ship* const next = ships->next;
        free_ship(ships);
        ships = next;
    }
}
