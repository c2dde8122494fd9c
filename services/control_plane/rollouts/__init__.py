"""Rollouts: a variation's share in what a flag serves goes from one to another, step by step, and back."""
