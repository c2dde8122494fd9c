"""What is asked for, counted where it is answered and told minute by minute."""
