#!/bin/sh
# Asks the judge again and again about one exercise: stability.sh BUILD EXERCISE [SOLUTION_RUNS [WRONG_RUNS]]
#   BUILD     a build folder of a test preset, in which the exercise's contracts are built
#   EXERCISE  its name: until_killed
# Fails at the first run in which the solution does not pass, or a wrong answer is not refused by what it
# names; also where a run is skipped, for then nothing was shown.
set -eu
build=$1
name=$2
again() { # RUNS CONTRACTS
    said=$(ctest --test-dir "$build" --repeat "until-fail:$1" --no-tests=error --output-on-failure -R "$2") ||
        { echo "$said"; exit 1; }
    case $said in *Skipped*) echo "$said"; exit 1 ;; esac
    echo "$2: each of the $1 runs as it should be"
}
again "${3:-100}" "^contract\.[0-9.]+_$name\.solution\$"
again "${4:-20}" "^contract\.[0-9.]+_$name\.(shipped|mutant\..*)\$"
