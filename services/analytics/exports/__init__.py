"""Results in forms for other programs: CSV and Parquet."""
