"""The operators of the condition language, one file each: keys, what they find, their reasons, their children.

A new operator is its own file here (a subclass of `base.Operator`), its line in `table` (a key of `Check` and a row of
`OPERATORS`), and a sentence for each of its reasons in `wording.sentences`. Whoever walks a check (`lint`, the
command line) asks the operator itself, so nothing else has to know it. Loads pydantic: import it lazily.

`base`    what every operator answers; `Part`, the types of values
`window`  who and where: role, first_s, last_s, between_s, first_turns, last_turns, turns; how often: at_least, at_most
`table`   `Check`, and the table of operators
"""
