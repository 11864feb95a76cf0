#!/usr/bin/env bats
# The course as a learner meets it: a copy of the tree in a path with spaces, the one command, plain ctest, an
# editor that saves. Needs HEAPLINGS_SOURCE, the tree to copy. bats-core(7) explains setup_file, run and $output.

setup_file() {
    export TREE="$BATS_FILE_TMPDIR/a tree with spaces"
    mkdir "$TREE"
    (cd "$HEAPLINGS_SOURCE" && tar -c --exclude=./build --exclude=./.git .) | tar -x -C "$TREE"
    export FIRST="$TREE/exercises/1_allocate/1_first_malloc.cpp"
    export SECOND="$TREE/exercises/1_allocate/2_which_way.cpp"
    ship_all
    git -C "$TREE" init -q
    git -C "$TREE" -c user.name=learner -c user.email=learner@example.org add .
    commit 'as cloned'
    (cd "$TREE" && ./heaplings </dev/null >"$BATS_FILE_TMPDIR/first_run.txt" 2>&1)
    TOTAL=$(cat "$TREE"/exercises/*/CMakeLists.txt | grep -c '^heaplings_add_exercise(')
    RUNS=$(grep -o '"runs": [^]]*' "$TREE/build/learn/course.json" | grep -oE '"(native|valgrind|kernel)"' | wc -l)
    export TOTAL RUNS
}

setup() {
    cd "$TREE"
    ship_all
}

# The tree may be that of somebody who has solved exercises.
ship_all() {
    local shipped name
    for shipped in "$TREE"/exercises/*/shipped/*.txt; do
        name=$(basename "$shipped" .txt)
        cp "$shipped" "$(echo "$(dirname "$(dirname "$shipped")")"/[0-9]*_"$name".cpp)"
    done
}

commit() {
    git -C "$TREE" -c user.name=learner -c user.email=learner@example.org commit -qam "$1"
}

solve() { # NAME: as a learner would save it
    cp "$TREE"/solutions/*/*_"$1".cpp "$(echo "$TREE"/exercises/*/[0-9]*_"$1".cpp)"
}

shows() { # TEXT: it is in $output
    if [[ "$output" != *"$1"* ]]; then
        echo "expected: $1"
        echo "$output"
        return 1
    fi
}

hides() { # TEXT: it is not
    [[ "$output" != *"$1"* ]] || { echo "not expected: $1"; echo "$output"; return 1; }
}

wait_until() { # COMMAND...: up to 30 s
    for _ in $(seq 300); do
        if "$@"; then return 0; fi
        sleep 0.1
    done
    echo "waited in vain for: $*"
    return 1
}

@test "the first run sets up, builds, shows progress and what comes next" {
    output=$(cat "$BATS_FILE_TMPDIR/first_run.txt")
    shows "0 of $TOTAL solved"
    shows 'Next: 1.1_first_malloc'
    shows 'exercises/1_allocate/1_first_malloc.cpp'
    shows './heaplings check first_malloc'
}

@test "without a terminal there is no escape sequence" {
    run ./heaplings
    [ "$status" -eq 0 ]
    hides $'\033'
}

@test "a wrong answer is refused, a right one explained" {
    run ./heaplings check first_malloc
    [ "$status" -eq 1 ]
    shows 'FAILS'
    solve first_malloc
    run ./heaplings check first_malloc
    [ "$status" -eq 0 ]
    shows '1.1_first_malloc: passes'
    shows '1.1_first_malloc.valgrind: passes'
    shows 'Why'
    shows "1 of $TOTAL solved"
    shows 'Next: 1.2_which_way'
}

@test "check takes chapters, and says by its status whether all is solved" {
    for name in first_malloc which_way chunk_stride segments; do solve "$name"; done
    run ./heaplings check 1_allocate
    [ "$status" -eq 1 ]
    shows "4 of $TOTAL solved"
    solve two_heaps
    run ./heaplings check allocate
    [ "$status" -eq 0 ]
    shows "5 of $TOTAL solved"
}

@test "a bad call has status 2 and suggests the nearest name" {
    run ./heaplings check frist_malloc
    [ "$status" -eq 2 ]
    shows "did you mean 'first_malloc'"
    run ./heaplings hint first_malloc 4
    [ "$status" -eq 2 ]
    run ./heaplings no_such_command
    [ "$status" -eq 2 ]
}

@test "hints come one by one" {
    run ./heaplings hint which_way
    [ "$status" -eq 0 ]
    shows 'hint 1 of 3'
    shows './heaplings hint which_way 2'
    run ./heaplings hint which_way 3
    shows 'hint 3 of 3'
}

@test "list marks the next exercise, and --json is JSON" {
    ./heaplings >/dev/null
    run ./heaplings list
    [ "$status" -eq 0 ]
    shows 'next   1.1_first_malloc'
    ./heaplings list --json >"$BATS_TEST_TMPDIR/list.json"
    cat >"$BATS_TEST_TMPDIR/read_list.cmake" <<'EOF'
file(READ ${CMAKE_CURRENT_LIST_DIR}/list.json list)
string(JSON next GET "${list}" next)
string(JSON count LENGTH "${list}" exercises)
message("next ${next} of ${count}")
EOF
    run cmake -P "$BATS_TEST_TMPDIR/read_list.cmake"
    shows "next first_malloc of $TOTAL"
}

@test "plain ctest rebuilds what changed and ends with progress and the next exercise" {
    solve first_malloc
    cd build/learn
    run ctest
    [ "$status" -ne 0 ]
    shows "1 of $TOTAL solved"
    shows 'Next: 1.2_which_way'
    hides 'Problem executing'
    run ctest -R first_malloc
    [ "$status" -eq 0 ]
    shows '100% tests passed, 0 tests failed out of 2'
    run ctest -L 1_allocate
    shows 'failed out of 6'
}

@test "ctest that only lists builds nothing and prints nothing of ours" {
    solve which_way
    cd build/learn
    ctest --show-only=json-v1 >"$BATS_TEST_TMPDIR/tests.json"
    run head -c 1 "$BATS_TEST_TMPDIR/tests.json"
    [ "$output" = '{' ]
    run ctest -N
    shows "Total Tests: $RUNS"
    hides 'solved'
}

@test "JUnit has one test case an exercise run" {
    cd build/learn
    ctest --output-junit "$BATS_TEST_TMPDIR/junit.xml" >/dev/null || true
    run grep -c '<testcase ' "$BATS_TEST_TMPDIR/junit.xml"
    [ "$output" = "$RUNS" ]
}

@test "a file that does not compile reddens itself alone, with the compiler's words" {
    solve first_malloc
    ./heaplings check first_malloc
    echo 'int broken = "text" +;' >>"$FIRST"
    solve which_way
    cd build/learn
    run ctest --output-on-failure
    shows 'error: expected primary-expression'
    shows '1_first_malloc.cpp:'
    run ctest -R which_way
    [ "$status" -eq 0 ]
    [ ! -e course/1_allocate/1_first_malloc/1_first_malloc ]
    run ../../heaplings check first_malloc
    [ "$status" -eq 1 ]
    shows 'does not compile'
}

@test "a file restored with an older time is built again" {
    solve first_malloc
    ./heaplings check first_malloc
    echo 'int broken = ;' >>"$FIRST"
    run ./heaplings check first_malloc
    shows 'does not compile'
    solve first_malloc
    touch -d '2001-01-01' "$FIRST"
    run ./heaplings check first_malloc
    [ "$status" -eq 0 ]
    cp exercises/1_allocate/shipped/first_malloc.txt "$FIRST"
    touch -d '2001-01-01' "$FIRST"
    run ./heaplings run first_malloc
    [ "$status" -eq 1 ]
    shows 'FAILS'
}

@test "a function that is missing, and a main too many, are linker errors in words" {
    echo '#include "spec/first_malloc.hpp"' >"$FIRST"
    run ./heaplings check first_malloc
    [ "$status" -eq 1 ]
    shows 'does not compile'
    shows 'allocate_ints'
    solve first_malloc
    echo 'int main() {}' >>"$FIRST"
    run ./heaplings check first_malloc
    [ "$status" -eq 1 ]
    shows 'main'
}

@test "a leak is shown with its line" {
    cp tests/mutants/first_malloc/spare_int_kept.cpp "$FIRST"
    run ./heaplings check first_malloc
    [ "$status" -eq 1 ]
    shows '1.1_first_malloc: passes'
    shows 'still reachable: 4 bytes'
    shows '1_first_malloc.cpp:'
    shows 'valgrind.txt'
}

@test "Valgrind waits until the test cases pass, and ctest shows that as skipped" {
    cd build/learn
    run ctest -R first_malloc
    shows '1.1_first_malloc.valgrind (Skipped)'
}

@test "without Valgrind an exercise that it should check is neither solved nor in the way" {
    solve first_malloc
    cp build/learn/course.json "$BATS_TEST_TMPDIR/course.json"
    sed -i 's/"valgrind": "[^"]*"/"valgrind": ""/' build/learn/course.json
    run ./heaplings check first_malloc
    cp "$BATS_TEST_TMPDIR/course.json" build/learn/course.json
    [ "$status" -eq 1 ]
    shows 'no Valgrind on this machine'
    shows "0 of $TOTAL solved, 1 not checked in full here"
    shows 'Next: 1.2_which_way'
    run ./heaplings check first_malloc
    [ "$status" -eq 0 ]
}

@test "reset brings the shipped text back although the learner has committed, and keeps the edited one" {
    echo '// my own idea' >>"$FIRST"
    commit 'my work'
    run ./heaplings reset first_malloc
    [ "$status" -eq 0 ]
    cmp "$FIRST" exercises/1_allocate/shipped/first_malloc.txt
    run cat exercises/1_allocate/1_first_malloc.20*.cpp
    shows '// my own idea'
    run ./heaplings reset first_malloc
    shows 'is as shipped'
    run git status --porcelain
    hides '??'
    rm exercises/1_allocate/1_first_malloc.20*.cpp
    git checkout -q "$FIRST"
}

@test "a missing file is told and stops no other" {
    solve which_way
    rm "$FIRST"
    run ./heaplings check
    shows '1_first_malloc.cpp is missing'
    shows '1.2_which_way: passes'
    cd build/learn
    run ctest -R which_way
    [ "$status" -eq 0 ]
    cd ../..
    touch CMakeLists.txt
    run ./heaplings check which_way
    [ "$status" -eq 0 ]
    ./heaplings reset first_malloc
    run ./heaplings check first_malloc
    shows 'FAILS'
}

@test "Ctrl-C during a run leaves no process, and the next run works" {
    cat >"$SECOND" <<'EOF'
#include "spec/which_way.hpp"
#include <stdlib.h>
growth which_way(const uintptr_t*, size_t)
{
    system("sleep 6543 &");
    for (;;) {}
}
EOF
    # bash lets background jobs ignore SIGINT, which a terminal's jobs do not
    setsid env --default-signal=INT ./heaplings check which_way >"$BATS_TEST_TMPDIR/interrupted.txt" 2>&1 &
    local check=$!
    wait_until pgrep -f '^sleep 6543'
    kill -INT "$check"
    local status=0
    wait "$check" || status=$?
    [ "$status" -eq 130 ]
    run pgrep -f '^sleep 6543'
    [ "$status" -eq 1 ]
    solve which_way
    run ./heaplings check which_way
    [ "$status" -eq 0 ]
}

@test "a build that was killed goes on the next time" {
    rm -r build
    setsid ./heaplings </dev/null >"$BATS_TEST_TMPDIR/killed.txt" 2>&1 &
    local set_up=$!
    wait_until test -e build/learn/build.ninja
    sleep 1
    kill -KILL -- "-$set_up"
    wait "$set_up" || true
    run ./heaplings
    [ "$status" -eq 0 ]
    shows "0 of $TOTAL solved"
}

@test "on a terminal a save is checked at once" {
    mkfifo "$BATS_TEST_TMPDIR/keys"
    # bash lets background jobs ignore SIGINT, which a terminal's jobs do not
    TERM=xterm env --default-signal=INT script -qefc ./heaplings "$BATS_TEST_TMPDIR/seen" <"$BATS_TEST_TMPDIR/keys" >/dev/null 2>&1 3>&- &
    local terminal=$!
    exec 9>"$BATS_TEST_TMPDIR/keys"
    wait_until grep -q 'Save a file' "$BATS_TEST_TMPDIR/seen"
    solve which_way
    wait_until grep -q "1 of $TOTAL solved" "$BATS_TEST_TMPDIR/seen"
    printf '\003' >&9
    exec 9>&-
    wait "$terminal" || true
    run cat "$BATS_TEST_TMPDIR/seen"
    shows '1.2_which_way: '
    shows $'\033['
}

@test "a read-only source tree is built and judged elsewhere, by an ordinary user" {
    local as_user=(env)
    if [ "$(id -u)" -eq 0 ]; then
        as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups env)
    fi
    local elsewhere
    elsewhere=$(mktemp -d /tmp/heaplings-elsewhere-XXXXXX)
    cp -r "$TREE" "$elsewhere/read only"
    rm -rf "$elsewhere/read only/build"
    mkdir "$elsewhere/build"
    chmod -R a+rX,a-w "$elsewhere/read only"
    chmod a+rwx "$elsewhere" "$elsewhere/build"
    "${as_user[@]}" cmake -S "$elsewhere/read only" -B "$elsewhere/build" -G Ninja >/dev/null
    cd "$elsewhere/build"
    run "${as_user[@]}" ctest
    shows "0 of $TOTAL solved"
    run "${as_user[@]}" ./heaplings reset first_malloc
    shows 'is as shipped'
    cd "$TREE"
    chmod -R u+w "$elsewhere/read only"
    rm -r "$elsewhere"
}

@test "where there is no apt-get the script names the packages and stops" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    local tool
    for tool in sh dirname id cmake sed cat; do
        ln -s "$(command -v "$tool")" "$BATS_TEST_TMPDIR/bin/$tool"
    done
    PATH="$BATS_TEST_TMPDIR/bin" run ./heaplings
    [ "$status" -eq 1 ]
    shows 'missing here: C++ compiler, Ninja'
    shows 'dnf install gcc-c++ ninja-build'
    shows 'pacman -S gcc ninja'
    shows 'zypper install gcc-c++ ninja'
}

@test "doctor says what works" {
    run ./heaplings doctor
    [ "$status" -eq 0 ]
    shows 'Valgrind'
    shows 'guard'
}
