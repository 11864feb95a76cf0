# The warnings our own code is free of. The test presets make them errors.
# A learner's build goes without: they take a twentieth of it.
add_library(heaplings_warnings INTERFACE)
if(NOT HEAPLINGS_TESTS)
    return()
endif()
target_compile_options(heaplings_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wextra-semi -Wundef
    $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op -Wuseless-cast>)
