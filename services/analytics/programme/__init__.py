"""What experiments say together: interactions of concurrent ones, and the figures of a whole programme."""
