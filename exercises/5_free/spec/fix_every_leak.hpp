#pragma once

#include <cstdio>

// Reads the log of a harbour's day and writes a summary to `out`.
//
// When it returns, each block that malloc, realloc and strdup gave it has been freed, once and not
// before its last use. It asks for memory as often as the program that leaked, and writes the very
// same text.
void program(std::FILE* out);
