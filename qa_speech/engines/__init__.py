"""Engines make a `Call`: speech detection, recognition, diarization, text classification."""
