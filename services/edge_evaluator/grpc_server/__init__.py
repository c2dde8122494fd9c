"""What the edge serves by gRPC: evaluation in its own form and in flagd's. Loaded where a port is set for it alone."""
