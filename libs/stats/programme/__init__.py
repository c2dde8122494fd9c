"""What many experiments say together: whether two interact, and what a programme of them has found."""
