"""`python -m qa_speech …` is `qa-speech …`."""

from qa_speech.cli import main

main()
