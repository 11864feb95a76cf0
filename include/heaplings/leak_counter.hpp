// Counts what a piece of code allocates and frees, tells what it leaves behind, holds it to a
// budget, makes its allocations fail.
//
//     heaplings::leak_scope scope;
//     call_under_test();
//     CHECK(scope.report() == heaplings::no_leaks);
//
// Needs hooks: one source file of the executable includes <heaplings/leak_counter/hooks.hpp>, for
// operator new and delete, or <heaplings/leak_counter/malloc_hooks.hpp>, for the malloc family too.
// With <heaplings/leak_counter/doctest.hpp> each doctest case checks itself. While nothing is open
// the hooks do nothing; <heaplings/leak_counter/record_from_start.hpp> changes that.
#pragma once

#include <heaplings/leak_counter/allocation_counter.hpp>
#include <heaplings/leak_counter/allocation_kind.hpp>
#include <heaplings/leak_counter/allowance.hpp>
#include <heaplings/leak_counter/backend.hpp>
#include <heaplings/leak_counter/bad_free.hpp>
#include <heaplings/leak_counter/budget.hpp>
#include <heaplings/leak_counter/counts.hpp>
#include <heaplings/leak_counter/fault_injection.hpp>
#include <heaplings/leak_counter/not_counted.hpp>
#include <heaplings/leak_counter/report.hpp>
#include <heaplings/leak_counter/scope.hpp>
