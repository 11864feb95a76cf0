#!/usr/bin/env bash
# How long a learner waits: from a save of first_malloc (which includes C headers only) to its verdicts, and to that of the
# same exercise built with Catch2 v2 and with GoogleTest. Interleaved rounds in one run, in copies of the tree; medians in ms.
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

peers=$work/peers
mkdir "$peers"
cp "$solution" "$peers/answer.cpp"
if cmake -S "$source_tree/bench/save_to_verdict" -B "$peers" -G Ninja -DEXERCISES="$work/tree/exercises" \
    >"$work/peers.log" 2>&1 && cmake --build "$peers" >>"$work/peers.log" 2>&1; then
    kinds='run ctest valgrind catch2 googletest'
else
    echo 'without Catch2 v2 and GoogleTest: apt-get install catch2 libgtest-dev brings them' >&2
    kinds='run ctest valgrind'
fi

# Each saves a text that has not been compiled before, and ends when the verdict is there.
save() { cat "$solution" <(echo "// $RANDOM$RANDOM$RANDOM") >"$1"; }
verdict_run() { save "$answer" && ./heaplings run first_malloc; }
verdict_ctest() { save "$answer" && (cd build/learn && ctest -R 1.1_first_malloc$); }
verdict_valgrind() { save "$answer" && ./heaplings run first_malloc && ./heaplings run first_malloc.valgrind; }
verdict_catch2() { save "$peers/answer.cpp" && cmake --build "$peers" --target catch2 && "$peers/catch2"; }
verdict_googletest() { save "$peers/answer.cpp" && cmake --build "$peers" --target googletest && "$peers/googletest"; }

for _ in $(seq "$rounds"); do
    for kind in $kinds; do
        start=$(date +%s%N)
        "verdict_$kind" >"$work/last.log" 2>&1 || { cat "$work/last.log" >&2; exit 1; }
        echo $((($(date +%s%N) - start) / 1000)) >>"$work/$kind"
    done
done

describe() {
    case $1 in
    run) echo 'test cases, ./heaplings run' ;;
    ctest) echo 'test cases, plain ctest -R' ;;
    valgrind) echo 'test cases, then Valgrind' ;;
    catch2) echo 'Catch2 v2, cmake --build and run' ;;
    googletest) echo 'GoogleTest, cmake --build and run' ;;
    esac
}
for kind in $kinds; do
    median=$(sort -n "$work/$kind" | sed -n "$(((rounds + 1) / 2))p")
    printf '%-36s %5d ms\n' "$(describe "$kind")" $((median / 1000))
done
