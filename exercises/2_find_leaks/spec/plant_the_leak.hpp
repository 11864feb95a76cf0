#pragma once

#include <cstddef>

// Obtains `blocks` blocks of `bytes` bytes each (1 or more) and loses them: after the call no
// pointer leads to any of them, neither from a variable nor from another block, and none was freed.
void plant(std::size_t blocks, std::size_t bytes);
