# The course's one manifest is the calls of heaplings_add_exercise(), in course order.
# No optimisation: above -O0 GCC and Clang remove malloc calls whose result nobody uses.
# DWARF 4: Valgrind 3.19 can't read what Clang 14 writes by default.
add_library(heaplings_exercise_options INTERFACE)
target_compile_features(heaplings_exercise_options INTERFACE cxx_std_20)
target_compile_options(heaplings_exercise_options INTERFACE
    -O0 -fno-omit-frame-pointer -Wall -Wextra $<$<CXX_COMPILER_ID:Clang>:-fdebug-default-version=4>)
target_link_libraries(heaplings_exercise_options INTERFACE heaplings::heaplings Threads::Threads)

# The main of every exercise. Small debug sections: it is linked into each.
add_library(judge_main OBJECT ${PROJECT_SOURCE_DIR}/tools/judge_main.cpp)
target_compile_options(judge_main PRIVATE -O1 -g0)
target_link_libraries(judge_main PUBLIC doctest::doctest PRIVATE heaplings_warnings)
target_compile_features(judge_main PRIVATE cxx_std_20)

# What specs share, compiled once for all of them: code that only some need, and the headers that most include. A
# longer list of headers takes each spec longer to load than it saves.
add_library(spec_support STATIC ${PROJECT_SOURCE_DIR}/exercises/support/kernel_kills.cpp)
target_include_directories(spec_support PRIVATE ${PROJECT_SOURCE_DIR}/exercises)
target_compile_options(spec_support PRIVATE -g1)
target_link_libraries(spec_support PRIVATE heaplings_exercise_options doctest::doctest)
target_precompile_headers(spec_support PRIVATE
    <algorithm> <array> <sstream> <string> <vector> <doctest/doctest.h>
    "${PROJECT_SOURCE_DIR}/exercises/support/fresh_child.hpp")

# heaplings_add_exercise(2_which_way
#     TITLE "what it is about, for lists"
#     RUNS native valgrind kernel     # in this order; each further run waits until the first passes
#     [MEMORY 64M] [SWAP 16M]         # of the disposable kernel: 32M and none if not given
#     [LIVE]                          # its spec has something to show there: heaplings run NAME --live
#     [LINK_OPTIONS -Wl,--wrap=malloc]
#     [DEFINES malloc free])          # library functions that the learner's task is to define
#
# Called in the chapter's folder. The learner edits 2_which_way.cpp there; spec/, notes/ and shipped/
# hold the promise and tests, the prose, and the text that `heaplings reset` brings back.
function(heaplings_add_exercise file)
    cmake_parse_arguments(PARSE_ARGV 1 arg "LIVE" "TITLE;MEMORY;SWAP" "RUNS;LINK_OPTIONS;DEFINES")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_TITLE OR NOT arg_RUNS)
        message(FATAL_ERROR "heaplings_add_exercise(${file}): TITLE and RUNS are needed, "
            "MEMORY, SWAP, LIVE, LINK_OPTIONS and DEFINES allowed; got ${ARGN}")
    endif()
    if(NOT arg_MEMORY)
        set(arg_MEMORY 32M)
    endif()
    if(NOT arg_SWAP)
        set(arg_SWAP 0M)
    endif()
    foreach(amount MEMORY SWAP)
        if(NOT arg_${amount} MATCHES "^([0-9]+)M$")
            message(FATAL_ERROR
                "heaplings_add_exercise(${file}): ${amount} must look like 64M, not ${arg_${amount}}")
        endif()
        set(${amount}_mib ${CMAKE_MATCH_1})
    endforeach()
    if(NOT file MATCHES "^([0-9]+)_([a-z][a-z0-9_]*)$")
        message(FATAL_ERROR "heaplings_add_exercise(${file}): the name must look like 2_which_way")
    endif()
    set(number "${CMAKE_MATCH_1}")
    set(name "${CMAKE_MATCH_2}")
    cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME chapter)
    string(REGEX MATCH "^[0-9]+" chapter_number "${chapter}")
    set(id "${chapter_number}.${number}_${name}")
    set(work "${CMAKE_BINARY_DIR}/course/${chapter}/${file}")
    file(MAKE_DIRECTORY "${work}")

    # The spec, compiled once for the learner's file, the solution and the wrong answers alike. -g1: line
    # numbers; the rest of what -g adds is a sixth of the compilation.
    add_library(${id}.spec OBJECT spec/${name}.cpp)
    target_include_directories(${id}.spec PUBLIC . ..)
    target_link_libraries(${id}.spec PRIVATE heaplings_exercise_options doctest::doctest)
    target_compile_options(${id}.spec PRIVATE -g1)
    target_precompile_headers(${id}.spec REUSE_FROM spec_support)

    # Which cases must run: the spec linked without any answer lists them.
    add_executable(${id}.cases $<TARGET_OBJECTS:${id}.spec> $<TARGET_OBJECTS:judge_main>)
    target_link_options(${id}.cases PRIVATE -no-pie -Wl,--unresolved-symbols=ignore-all)
    target_link_libraries(${id}.cases PRIVATE Threads::Threads)
    add_custom_command(TARGET ${id}.cases POST_BUILD VERBATIM
        COMMAND ${id}.cases --heaplings-list "${work}/cases")

    if(HEAPLINGS_TESTS)
        heaplings_add_contracts(${id} ${chapter} ${file} ${name})
    else()
        heaplings_add_learner(${id} ${chapter} ${file})
    endif()

    set(live false)
    if(arg_LIVE)
        set(live true)
    endif()
    list(TRANSFORM arg_RUNS REPLACE ".+" "\"\\0\"" OUTPUT_VARIABLE runs)
    list(JOIN runs ", " runs)
    list(TRANSFORM arg_DEFINES REPLACE ".+" "\"\\0\"" OUTPUT_VARIABLE defines)
    list(JOIN defines ", " defines)
    set_property(GLOBAL APPEND PROPERTY heaplings_course
        "    {\"chapter\": \"${chapter}\", \"number\": ${number}, \"name\": \"${name}\", \"title\": \"${arg_TITLE}\", \"runs\": [${runs}], \"defines\": [${defines}], \"memory_mib\": ${MEMORY_mib}, \"swap_mib\": ${SWAP_mib}, \"live\": ${live}}")
endfunction()

# An executable that answers the spec of exercise `id` with `source`.
function(heaplings_add_answer target id source)
    add_executable(${target} "${source}"
        $<TARGET_OBJECTS:${id}.spec> $<TARGET_OBJECTS:judge_main>)
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
    target_compile_options(${target} PRIVATE -g)
    target_link_libraries(${target} PRIVATE heaplings_exercise_options spec_support)
    target_link_options(${target} PRIVATE ${arg_LINK_OPTIONS})
    add_dependencies(${target} ${id}.cases)
endfunction()

# The learner's own file, and its runs under ctest.
function(heaplings_add_learner id chapter file)
    set(learner "${CMAKE_CURRENT_SOURCE_DIR}/${file}.cpp")
    # A missing file must not stop the whole build: `heaplings run` says how to get it back. The rule
    # has no command, so `clean` does not take the file for something that was built, and delete it.
    add_custom_command(OUTPUT "${learner}" COMMENT "what the learner writes" VERBATIM)
    heaplings_add_answer(${id} ${id} "${learner}")
    add_dependencies(${id} heaplings_command)
    set_target_properties(${id} PROPERTIES
        OUTPUT_NAME ${file}
        RUNTIME_OUTPUT_DIRECTORY "${work}"
        RULE_LAUNCH_COMPILE "\"${CMAKE_BINARY_DIR}/heaplings\" compile \"${work}\" \"${learner}\" --"
        RULE_LAUNCH_LINK "\"${CMAKE_BINARY_DIR}/heaplings\" link \"${work}\" \"${learner}\" --")
    foreach(run IN LISTS arg_RUNS)
        set(test ${id})
        if(NOT run STREQUAL "native")
            set(test ${id}.${run})
        endif()
        add_test(NAME ${test} COMMAND heaplings_command run ${test})
        set_tests_properties(${test} PROPERTIES LABELS "${chapter};${run}" TIMEOUT 60)
        if(NOT run STREQUAL "native")
            list(GET arg_RUNS 0 first)
            if(first STREQUAL "native")
                set_tests_properties(${test} PROPERTIES DEPENDS ${id})
            endif()
            set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77)
        endif()
    endforeach()
endfunction()

# As shipped it must fail, its solution pass, each recorded wrong answer be refused: see tests/contract.cpp.
function(heaplings_add_contracts id chapter file name)
    configure_file(shipped/${name}.txt "${work}/shipped.cpp" COPYONLY)
    set(answers shipped "${work}/shipped.cpp"
        solution "${PROJECT_SOURCE_DIR}/solutions/${chapter}/${file}.cpp")
    # That the spec refuses them is shown by one compiler's programs; the other takes two minutes more.
    set(mutants)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        file(GLOB mutants CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/mutants/${name}/*.cpp")
    endif()
    foreach(mutant IN LISTS mutants)
        list(APPEND answers mutant "${mutant}")
    endforeach()
    while(answers)
        list(POP_FRONT answers kind source)
        set(target ${id}.${kind})
        set(warnings_are_errors ${CMAKE_COMPILE_WARNING_AS_ERROR})
        if(kind STREQUAL "mutant")
            cmake_path(GET source STEM stem)
            set(target ${id}.mutant.${stem})
            set(warnings_are_errors OFF)
        endif()
        heaplings_add_answer(${target} ${id} "${source}")
        set_target_properties(${target} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY "${work}"
            COMPILE_WARNING_AS_ERROR "${warnings_are_errors}")
        add_test(NAME contract.${target}
            COMMAND contract ${kind} ${id} 
                $<TARGET_FILE:${target}> $<TARGET_OBJECTS:${target}> "${source}")
        set_tests_properties(contract.${target} PROPERTIES LABELS contract TIMEOUT 120
            SKIP_RETURN_CODE 77)
    endwhile()
endfunction()

# Writes course.json, which every tool reads, and what ctest runs before and after the tests.
function(heaplings_write_course)
    get_property(exercises GLOBAL PROPERTY heaplings_course)
    list(JOIN exercises ",\n" exercises)
    find_program(HEAPLINGS_VALGRIND valgrind)
    set(valgrind "${HEAPLINGS_VALGRIND}")
    if(NOT valgrind)
        set(valgrind "")
    endif()
    configure_file(${PROJECT_SOURCE_DIR}/cmake/course.json.in ${CMAKE_BINARY_DIR}/course.json @ONLY)
    if(HEAPLINGS_TESTS)
        return()
    endif()
    configure_file(${PROJECT_SOURCE_DIR}/cmake/CTestCustom.cmake.in
        ${CMAKE_BINARY_DIR}/CTestCustom.cmake @ONLY)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/around_ctest.sh.in
        ${CMAKE_BINARY_DIR}/around_ctest.sh @ONLY)
endfunction()
