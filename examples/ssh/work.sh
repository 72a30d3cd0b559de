#!/bin/bash
# Start a worker on each host of a file, in parallel, and name those where it failed:
#   work.sh hosts.txt laptop:5847 --for 2h --exit-when-idle 5m
# hosts.txt has a host a line, as ssh knows it (user@host, or a name of ~/.ssh/config); # begins a comment. Each host has
# e2a-swarm in its PATH and the key (`e2a-swarm join CODE`). Ctrl-C has all workers finish their sentences and leave.
# SSH_OPTIONS may hold more words for ssh: -F config -p 2222
set -uo pipefail
[ $# -ge 2 ] || { echo "usage: work.sh HOSTS-FILE HOST:PORT [options of e2a-swarm work]" >&2; exit 64; }
hosts=$1 coordinator=$2
shift 2
[ -r "$hosts" ] || { echo "work.sh: $hosts cannot be read" >&2; exit 66; }
options=$(printf ' %q' --coordinator "$coordinator" --exit-when-done "$@")

declare -A running=()
while read -r host _; do
  case $host in '' | '#'*) continue ;; esac
  # -tt gives the worker a terminal: it finishes its sentence and leaves when the connection ends
  # shellcheck disable=SC2086
  ssh -tt -o BatchMode=yes -o ConnectTimeout=10 ${SSH_OPTIONS:-} -- "$host" \
    "exec e2a-swarm work --name $(printf %q "${host#*@}")$options" </dev/null > >(sed -u "s/^/$host: /") 2>&1 &
  running[$!]=$host
done <"$hosts"

trap 'kill -TERM $(jobs -p) 2>/dev/null' INT TERM
failed=()
for process in "${!running[@]}"; do
  wait "$process" || failed+=("${running[$process]}")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "work.sh: it failed on ${#failed[@]} of ${#running[@]} hosts: ${failed[*]}" >&2
  exit 1
fi
