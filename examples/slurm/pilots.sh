#!/bin/bash
# Workers of e2a-swarm on a Slurm cluster, each a job of an array that may end at any time:
#   sbatch --array=1-16 --time=1:00:00 pilots.sh laptop:5847
# The laptop runs `e2a-swarm coordinate BOOK.epub`. The home folder of the cluster has the swarm's key: run
# `e2a-swarm join CODE` once on the login node. Whole nodes, GPUs, partitions and accounts are options of sbatch.
#SBATCH --job-name=e2a-swarm
#SBATCH --cpus-per-task=2
#SBATCH --signal=B:USR1@120
#SBATCH --output=e2a-swarm-%A-%a.log
set -euo pipefail

coordinator=${1:?say where the coordinator is: sbatch pilots.sh HOST:PORT}
shift
stay=()
if [ -n "${SLURM_JOB_END_TIME:-}" ]; then
  left=$((SLURM_JOB_END_TIME - $(date +%s)))
  if [ "$left" -lt 31536000 ]; then # a partition without a limit has an end in a hundred years
    stay=(--for "${left}s")
  fi
fi

# Slurm's signals reach the worker only in place of this shell. What follows HOST:PORT is the worker's: --gpu 0 ...
exec e2a-swarm work --coordinator "$coordinator" --exit-when-done --exit-when-idle 5m \
  --name "${SLURMD_NODENAME:-$(hostname -s)}-${SLURM_ARRAY_TASK_ID:-1}" "${stay[@]}" "$@"
