# System packages win; without them (and with a network) FetchContent brings the same, pinned by commit.
include(FetchContent)

find_package(Threads REQUIRED)
set(FMT_INSTALL OFF)
set(DOCTEST_WITH_TESTS OFF CACHE INTERNAL "")
set(DOCTEST_NO_INSTALL ON CACHE INTERNAL "")
set(JSONCPP_WITH_TESTS OFF CACHE INTERNAL "")
set(JSONCPP_WITH_POST_BUILD_UNITTEST OFF CACHE INTERNAL "")
FetchContent_Declare(CLI11 GIT_REPOSITORY https://github.com/CLIUtils/CLI11.git
    GIT_TAG 6c7b07a878ad834957b98d0f9ce1dbe0cb204fc9 # 2.4.2
    SYSTEM FIND_PACKAGE_ARGS 2.1)
FetchContent_Declare(doctest GIT_REPOSITORY https://github.com/doctest/doctest.git
    GIT_TAG ae7a13539fb71f270b87eb2e874fbac80bc8dda2 # 2.4.11
    SYSTEM FIND_PACKAGE_ARGS 2.4.9 CONFIG)
FetchContent_Declare(fmt GIT_REPOSITORY https://github.com/fmtlib/fmt.git
    GIT_TAG e69e5f977d458f2650bb346dadf2ad30c5320281 # 10.2.1
    SYSTEM FIND_PACKAGE_ARGS 9)
FetchContent_Declare(jsoncpp GIT_REPOSITORY https://github.com/open-source-parsers/jsoncpp.git
    GIT_TAG 5defb4ed1a4293b8e2bf641e16b156fb9de498cc # 1.9.5
    SYSTEM FIND_PACKAGE_ARGS 1.9)
FetchContent_Declare(nlohmann_json GIT_REPOSITORY https://github.com/nlohmann/json.git
    GIT_TAG 9cca280a4d0ccf0c08f47a99aa71d1b0e52f8d03 # 3.11.3
    SYSTEM FIND_PACKAGE_ARGS 3.10)
FetchContent_Declare(pugixml GIT_REPOSITORY https://github.com/zeux/pugixml.git
    GIT_TAG db78afc2b7d8f043b4bc6b185635d949ea2ed2a8 # 1.14
    SYSTEM FIND_PACKAGE_ARGS 1.11)
FetchContent_MakeAvailable(CLI11 doctest fmt jsoncpp pugixml)
if(NOT TARGET JsonCpp::JsonCpp) # only its package has this name
    add_library(JsonCpp::JsonCpp ALIAS jsoncpp_static)
endif()
if(HEAPLINGS_TESTS OR HEAPLINGS_BENCH)
    FetchContent_MakeAvailable(nlohmann_json)
endif()

if(HEAPLINGS_BENCH OR HEAPLINGS_TESTS)
    set(BENCHMARK_ENABLE_TESTING OFF)
    FetchContent_Declare(benchmark GIT_REPOSITORY https://github.com/google/benchmark.git
        GIT_TAG 344117638c8ff7e239044fd0fa7085839fc03021 # 1.8.3
        SYSTEM FIND_PACKAGE_ARGS 1.7)
    FetchContent_MakeAvailable(benchmark)
endif()
