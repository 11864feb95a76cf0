// Records all blocks of the program from the first on, rather than only while a scope is open.
//
// Include it in any source file of an executable that has the hooks. Then blocks from before a
// scope are known by their size, bad frees outside of all scopes are noticed and told on stderr,
// and a free of what never came from the allocator is told from one of an older block. It costs
// what an open scope with call_stacks::caller_only costs, all the time (bench/leak_counter).
// leak_counter/doctest.hpp includes it.
#pragma once

extern "C" {
// Weak, so that several files may include this.
[[gnu::weak, gnu::used]] extern const char heaplings_records_from_start = 1;
}
