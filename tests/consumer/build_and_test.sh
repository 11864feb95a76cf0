#!/bin/sh
# Builds project/ as an outsider would, with heaplings from this tree, and runs its tests: they must pass as they are, and fail
# where a leak is planted in the code under test.
#   build_and_test.sh find_package|FetchContent|include COMPILER HEAPLINGS_BUILD SCRATCH_FOLDER
set -eu
way=$1 compiler=$2 build=$3 scratch=$4
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
heaplings=$(CDPATH='' cd -- "$here/../.." && pwd -P)

rm -rf "$scratch"
mkdir -p "$scratch"
cp -R "$here/project" "$scratch/project"
case $way in
find_package) cmake --install "$build" --prefix "$scratch/prefix" >"$scratch/install.log" ;;
include) cp -R "$heaplings/include" "$scratch/project/include" ;;
esac

# PLANT_A_LEAK: builds, and ends with the status of the project's ctest.
build_and_test() {
    cmake -S "$scratch/project" -B "$scratch/build" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DHEAPLINGS_BY="$way" \
        -DCMAKE_PREFIX_PATH="$scratch/prefix" -DFETCHCONTENT_SOURCE_DIR_HEAPLINGS="$heaplings" -DPLANT_A_LEAK="$1" \
        --no-warn-unused-cli
    cmake --build "$scratch/build"
    if ctest --test-dir "$scratch/build" --output-on-failure --no-tests=error >"$scratch/ctest.log"; then return 0; fi
    cat "$scratch/ctest.log"
    return 1
}

build_and_test OFF
if (build_and_test ON); then
    echo 'with a leak planted, the tests pass'
    exit 1
fi
# For each test its own leak, and no other reason.
for test in $(sed -n 's/^add_consumer_test(\([a-z_]*\) .*/\1/p' "$here/project/CMakeLists.txt"); do
    grep -q "$test .*\*\*\*Failed" "$scratch/ctest.log" || { echo "with a leak planted, $test does not fail"; exit 1; }
done
grep -q '1 live block of' "$scratch/ctest.log" || { echo 'the leak is not shown'; exit 1; }
grep -q 'in subcase one more: 1 leaked block' "$scratch/ctest.log" || { echo 'the case does not say what leaked'; exit 1; }
