"""Pages that a person opens: the call, the index of a run, the comparison of scorecards, their sheet and their sound."""
