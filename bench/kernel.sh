#!/bin/sh
# How long a disposable kernel takes, from the shell's view: boot, run `true` or the OOM demo, gone.
#   bench/kernel.sh [ROUNDS [OTHER]]
# Rounds are interleaved; the median of each is shown. OTHER is a command that is run in turn with ours, `{}` in
# it stands for the memory, for example 'box -m {}'. Needs build/learn (or HEAPLINGS, the path of the command).
set -eu
cd "$(dirname "$0")/.."
rounds=${1:-15}
other=${2:-}
heaplings=${HEAPLINGS:-$PWD/build/learn/heaplings}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
c++ -std=c++20 -O1 tests/kernel/oom_demo.cpp -o "$work/oom_demo"

measure() { # NAME COMMAND...: adds its time in microseconds to a file of that name
    name=$1
    shift
    begin=$(date +%s%N)
    "$@" </dev/null >"$work/said" 2>&1 || { cat "$work/said"; echo "failed: $*"; exit 1; }
    echo $((($(date +%s%N) - begin) / 1000)) >>"$work/$name"
}

median() {
    sort -n "$work/$1" | awk '{ value[NR] = $1 } END { printf "%.0f", value[int((NR + 1) / 2)] / 1000 }'
}

round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    for memory in 24M 32M 64M; do
        for program in true "$work/oom_demo"; do
            name=$(basename "$program").$memory
            measure "ours.$name" "$heaplings" kernel --memory "$memory" -- "$program"
            # shellcheck disable=SC2046 # a command with its arguments
            [ -z "$other" ] || measure "other.$name" $(echo "$other" | sed "s/{}/$memory/") "$program"
        done
    done
done

printf '%-10s %8s %8s %8s\n' "$rounds rounds" memory ours "${other:+other ratio}"
for program in true oom_demo; do
    for memory in 24M 32M 64M; do
        ours=$(median "ours.$program.$memory")
        printf '%-10s %8s %5s ms' "$program" "$memory" "$ours"
        if [ -n "$other" ]; then
            theirs=$(median "other.$program.$memory")
            printf ' %5s ms  %s' "$theirs" "$(echo "$ours $theirs" | awk '{ printf "%.2f", $1 / $2 }')"
        fi
        echo
    done
done
