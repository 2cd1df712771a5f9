"""Statistics of small samples: intervals, estimates from a design, agreement, signals. numpy and scipy alone.

Every function names the paper it comes from. Nothing here knows a call, a mark or an agent.
"""
