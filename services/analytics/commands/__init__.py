"""The commands of the service, a module each: a process loads what its own command uses, and nothing else."""
