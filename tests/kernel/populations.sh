#!/bin/sh
# Predicts the OOM killer's victim in random populations of processes, each in a fresh kernel:
#   populations.sh HEAPLINGS POPULATIONS HOW_MANY
set -eu
heaplings=$1 populations=$2 count=$3
status=0
"$heaplings" kernel -- true >/dev/null 2>&1 || status=$?
if [ "$status" -eq 125 ]; then
    "$heaplings" kernel -- true || exit 77 # says why there is no kernel
fi
agreed=0 seed=0
while [ "$seed" -lt "$count" ]; do
    seed=$((seed + 1))
    status=0
    said=$("$heaplings" kernel --memory 96M --swap 32M --time-limit 60s -- "$populations" "$seed" </dev/null 2>&1) || status=$?
    if [ "$status" -eq 0 ]; then
        agreed=$((agreed + 1))
    else
        printf 'population %d, status %d:\n%s\n' "$seed" "$status" "$said"
    fi
done
echo "$agreed of $count victims were predicted"
[ "$agreed" -eq "$count" ]
