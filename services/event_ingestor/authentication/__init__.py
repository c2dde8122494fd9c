"""Authentication by SDK keys, learnt from the CONFIG stream and kept in a file for the next start."""
