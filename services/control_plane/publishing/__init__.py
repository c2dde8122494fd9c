"""From the database to the CONFIG stream: `relay.py` sees what is unpublished, `compiler.py` reads it, `publisher.py`
writes the difference."""
