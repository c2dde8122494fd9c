"""One unit is put into a variation for a while: by testers to see it, by support to help."""
