#!/usr/bin/env bash
# How long the first ./heaplings takes with all packages there: configuring, building and checking all exercises, in a fresh copy
# of the tree. Wall time, and processor time, which other work on the machine changes less.
#   bench/clean_build.sh [ROUNDS]
set -euo pipefail
source_tree=$(cd "$(dirname "$0")/.." && pwd)
rounds=${1:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree"
(cd "$source_tree" && tar -c --exclude=./build --exclude=./.git .) | tar -x -C "$work/tree"
cd "$work/tree"

clean_build() {
    rm -rf build
    ./heaplings </dev/null >"$work/last.log" 2>&1 || { cat "$work/last.log" >&2; exit 1; }
}

TIMEFORMAT='%R %U %S'
for _ in $(seq "$rounds"); do
    { time clean_build; } 2>&1 | awk '{ printf "%5.1f s, of processor time %5.1f s\n", $1, $2 + $3 }'
done
echo "$(grep -c '"chapter"' build/learn/course.json) exercises on $(nproc) processors"
