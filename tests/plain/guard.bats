#!/usr/bin/env bats
# lib/guard.sh: sizes, and what counts as available.

load helper

setup() {
    house lib/guard
}

@test "a size is a number and K, M or G" {
    while read -r size bytes; do
        guard_bytes "$size"
        [[ $ROVI_REPLY == "$bytes" ]] || {
            echo "$size: $ROVI_REPLY"
            return 1
        }
    done <<<$'0 0\n7 7\n08K 8192\n512M 536870912\n2G 2147483648'
    for size in '' K 1T 1.5G -1 1m '1 M' 1KK 'a[$(touch /tmp/pwned)]' 9999999999999M; do
        ! guard_bytes "$size" || {
            echo "$size"
            return 1
        }
    done
    [[ ! -e /tmp/pwned ]]
}

@test "what comes free counts as available" {
    guard_memory nav 64M 0 0
    run guard_memory nav 9000G 1G 0
    [[ $status == 79 ]]
    guard_memory nav 9000G 1G $((10000 * 1024 ** 3))
    guard_memory nav '' 1G 0
}
