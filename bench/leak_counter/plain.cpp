#include "work.hpp"
#include <cstdio>
#include <cstdlib>
int main(int, char** argv) { std::printf("%.3f\n", bench::time_of({argv[2], std::atoi(argv[3]), std::atol(argv[4])})); }
