// The archive of a small town went through its cellar. Each box got a slip: "nobody knows of it";
// "named in a list that nobody can find"; "we have the page number of something in it"; "ours".
// Valgrind's search at the end of a program is such an inventory. It starts from the roots, the
// registers, the stacks and the static variables, and follows each pointer to a block and on:
//
//     still reachable   a pointer to the first byte of the block was found on the way
//     possibly lost     only pointers to somewhere inside of it were found
//     indirectly lost   pointers to it stand only in blocks that are lost themselves
//     definitely lost   no pointer was found
//
// Static variables live until the end, local ones only as long as the call of their function.
//
// TODO: make each of the four functions leave behind what spec/leak_kinds.hpp says. So far they all
// do the same.
//
// Read: README.md of this chapter, man 1 valgrind (--show-leak-kinds, --leak-check-heuristics)

#include "spec/leak_kinds.hpp"

#include <cstdlib>

void definite()
{
    [[maybe_unused]] static void* kept = nullptr;
    kept = std::malloc(100);
}

void indirect()
{
    [[maybe_unused]] static void* kept = nullptr;
    kept = std::malloc(100);
}

void possible()
{
    [[maybe_unused]] static void* kept = nullptr;
    kept = std::malloc(100);
}

void reachable()
{
    [[maybe_unused]] static void* kept = nullptr;
    kept = std::malloc(100);
}
