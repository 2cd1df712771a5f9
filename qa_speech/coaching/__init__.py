"""Clips for coaching: choose, cut, show."""
