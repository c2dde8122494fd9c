"""The gateway: one origin in front of the four services, as an ingress is in production."""
