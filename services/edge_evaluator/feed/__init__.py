"""④ From the CONFIG stream, or the file of the last start, to configurations that are good to serve."""
