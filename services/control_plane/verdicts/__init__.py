"""What the monitor found of guarded rollouts: taken from VERDICTS, acted on once, and told as incidents."""
