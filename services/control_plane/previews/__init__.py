"""What a change would do before it is made: to experiments that run."""
