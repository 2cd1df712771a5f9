"""Outcomes that last: one protocol, Parquet behind it.

records    what is kept of one outcome: ResultRow, the columns of the store as a struct
base       Store, the protocol; what it gives back; the calls of a run
folder     where a run keeps what; its lock
cards      the scorecards a run has used
sql        DuckDB: files written whole, the views of a run        (duckdb is imported in this room only)
parquet    the store of `qa-speech batch run`
summary    what a run has come to, as text and JSON
export     tables for people
forget     removal on request
reports    stored calls with their scores, from wherever they are stored
"""
