#!/bin/bash
# while_full.bash PATH WORDS...: runs rovictl with each WORDS while there is no room in PATH, a tmpfs. Prints into
# /root/full.out that it is full, and for each its exit status and the first line it said.
path=$1
shift
exec >/root/full.out 2>&1
restore() {
    kill $filling
    rm -f $path/filler
    mount -o remount,size=50% "$path"
}
trap restore EXIT
fill() { head -c 1M /dev/zero 2>/dev/null >>$path/filler; }
mount -o remount,size=$(($(df --output=used $path | tail -n 1) + 64))k $path
fill
python3 /opt/harness/keep_full.py $path/filler & # a unit that goes makes room
filling=$!
[[ $(df --output=avail $path | tail -n 1) -eq 0 ]] && echo "$path is full"
for words in "$@"; do
    fill
    timeout 30 runuser -u alice rovictl $words >/root/words 2>&1
    echo "$? $words: $(head -n 1 /root/words)"
done
