"""Tables and dates as people and systems write them: the one reader of lists, the one function for dates. Knows no call."""
