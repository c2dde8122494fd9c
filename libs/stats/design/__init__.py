"""Before the start: power, sample sizes, duration."""
