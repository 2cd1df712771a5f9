"""Which calls a person hears, drawn with known chances; and what their marks say of all the others.

conditions  what a plan may ask of a call
plan        the plan, a TOML file; starter: one to begin with
frame       the calls that may be drawn, from a run or a folder
dealing     work dealt out among inspectors; the chance behind every draw
draw        groups, strata, chances: the calls of a plan
record      a draw as it is kept; drawing it again
worklist    lists for inspectors
summary     what a draw has come to, for a terminal
estimates   from marks to all calls
"""
