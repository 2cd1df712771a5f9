"""`python cli.py …` is `qa-speech …`."""

from qa_speech.cli import main

main()
