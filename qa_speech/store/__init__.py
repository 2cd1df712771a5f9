"""Outcomes that last: one protocol, Parquet behind it."""
