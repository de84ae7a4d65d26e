#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A batch script for Slurm: one run over several nodes, `sbatch examples/slurm.sh` from the top of a
# checkout on a file system that all nodes see. Two ranks on each node (one a socket, where it has
# two), threads on their cores; what comes out does not depend on either number, to the byte.
# Submitted again after it ran out of time, it goes on where it was.
#
# srun has to speak the PMI of the MPI library: where the ranks do not find one another (exit code 2),
# add --mpi=pmix (OpenMPI) or --mpi=pmi2 (MPICH); `srun --mpi=list` tells what there is.
#SBATCH --job-name=fokker
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=16
#SBATCH --time=01:00:00
set -eu
make MPI=1 -j "$SLURM_CPUS_PER_TASK"
export OMP_NUM_THREADS="$SLURM_CPUS_PER_TASK"
mkdir -p out
# Since Slurm 22.05 a step does not take over the job's --cpus-per-task.
srun --cpus-per-task="$SLURM_CPUS_PER_TASK" ./fokker sample --mixture three-1d \
    --scheme euler-maruyama --steps 100 --n 1000000000000 --histogram 200 \
    --checkpoint out/slurm.run --out out/slurm.csv
