"""From a user and a flag's key to a detail: no lock is taken and nothing is waited for on this way."""
