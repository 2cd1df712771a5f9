"""From text to what a rule or a model can use: no audio, no user files."""
