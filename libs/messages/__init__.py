"""What crosses a service border: generated messages, stream subjects, and their plain-data counterparts."""
