"""`python cli.py …` is `qa-speech …`."""

from qa_speech.cli import main

if __name__ == "__main__":  # processes of a batch run import this file too
    main()
