"""What identifies a person, and how to take it out of text and sound. One finder for everybody."""
