// A child process under a memory limit, and what became of it.
#pragma once

#include <heaplings/memory_limit/limit.hpp>
#include <heaplings/memory_limit/limited_run.hpp>
#include <heaplings/memory_limit/run_limited.hpp>
