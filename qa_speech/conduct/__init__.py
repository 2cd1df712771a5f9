"""What an agent's words do, judged: what must not be said, courtesy, and how the customer's questions are answered.

violations  courtesy                        words that must not be said; words that courtesy calls for
kinds  tagging  questions  substance        what can be asked and given, and where the rules find it in a text
exchanges  levels                           a question with all that is said to it; how well that answers it
outcomes  mood_course                       whether it was solved; the customer's mood in the course of the call
passages  classifier  annotate              what the text models read, the models, what they say kept with the call
ngrams  heads  linear  clauses              the linear model
answer_cues  linear_files  encoder          what it looks at in answers; the models from their files
"""
