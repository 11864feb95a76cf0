#!/usr/bin/env bash
# How long a learner waits: from a save of first_malloc to its verdicts, as it is (C headers only) and with the standard
# library's containers, and to that of the same exercise built with Catch2 v2 and with GoogleTest; and a check of all
# exercises when nothing was changed. Interleaved rounds in one run, in copies of the tree; medians in ms.
#   bench/save_to_verdict.sh [ROUNDS]
set -euo pipefail
source_tree=$(cd "$(dirname "$0")/.." && pwd)
rounds=${1:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/tree"
(cd "$source_tree" && tar -c --exclude=./build --exclude=./.git .) | tar -x -C "$work/tree"
cd "$work/tree"
solution=$work/tree/solutions/1_allocate/1_first_malloc.cpp
answer=$work/tree/exercises/1_allocate/1_first_malloc.cpp
echo 'setting up a copy of the tree' >&2
./heaplings </dev/null >"$work/set_up.log" 2>&1

# The same answer, from a learner who also uses containers.
cat >"$work/containers.cpp" - "$solution" <<'CODE'
#include <memory>
#include <span>
#include <string>
#include <vector>

std::string told(const std::vector<std::unique_ptr<int>>& blocks, std::span<const char> text)
{
    return std::string{text.data(), text.size()} + std::to_string(blocks.size());
}

CODE

peers=$work/peers
mkdir "$peers"
cp "$solution" "$peers/answer.cpp"
kinds='run ctest valgrind run_containers ctest_containers valgrind_containers no_op'
if cmake -S "$source_tree/bench/save_to_verdict" -B "$peers" -G Ninja -DEXERCISES="$work/tree/exercises" \
    >"$work/peers.log" 2>&1 && cmake --build "$peers" >>"$work/peers.log" 2>&1; then
    kinds="$kinds catch2 googletest"
else
    echo 'without Catch2 v2 and GoogleTest: apt-get install catch2 libgtest-dev brings them' >&2
fi

# Each saves a text that has not been compiled before, and ends when the verdict is there.
save() { cat "$1" <(echo "// $RANDOM$RANDOM$RANDOM") >"$2"; }
run() { save "$1" "$answer" && ./heaplings run first_malloc; }
run_by_ctest() { save "$1" "$answer" && (cd build/learn && ctest -R 1.1_first_malloc$); }
run_both() { run "$1" && ./heaplings run first_malloc.valgrind; }
verdict_run() { run "$solution"; }
verdict_run_containers() { run "$work/containers.cpp"; }
verdict_ctest() { run_by_ctest "$solution"; }
verdict_ctest_containers() { run_by_ctest "$work/containers.cpp"; }
verdict_valgrind() { run_both "$solution"; }
verdict_valgrind_containers() { run_both "$work/containers.cpp"; }
verdict_no_op() { ./heaplings check || [ $? -eq 1 ]; } # as shipped they are unsolved
verdict_catch2() { save "$solution" "$peers/answer.cpp" && cmake --build "$peers" --target catch2 && "$peers/catch2"; }
verdict_googletest() {
    save "$solution" "$peers/answer.cpp" && cmake --build "$peers" --target googletest && "$peers/googletest"
}

# The programs' own time within the last check, in microseconds.
own_time() { cat build/learn/course/*/*/verdict.*.json | awk '/"took_ms"/ { sum += $NF } END { print sum * 1000 }'; }

for _ in $(seq "$rounds"); do
    for kind in $kinds; do
        start=$(date +%s%N)
        "verdict_$kind" >"$work/last.log" 2>&1 || { cat "$work/last.log" >&2; exit 1; }
        echo $((($(date +%s%N) - start) / 1000)) >>"$work/$kind"
        [ "$kind" != no_op ] || own_time >>"$work/own"
    done
done

median() { sort -n "$work/$1" | awk '{ all[NR] = $1 } END { printf "%d", all[int((NR + 1) / 2)] / 1000 }'; }
row() { printf '%-40s %8s %12s\n' "$@"; }
row '' 'C headers' 'containers'
row 'test cases, ./heaplings run' "$(median run)" "$(median run_containers)"
row 'test cases, plain ctest -R' "$(median ctest)" "$(median ctest_containers)"
row 'test cases, then Valgrind' "$(median valgrind)" "$(median valgrind_containers)"
case $kinds in
*catch2*)
    row 'Catch2 v2, cmake --build and run' "$(median catch2)" ''
    row 'GoogleTest, cmake --build and run' "$(median googletest)" ''
    ;;
esac
printf '\n./heaplings check, nothing changed: %d ms, of which the programs themselves %d ms\n' "$(median no_op)" "$(median own)"
