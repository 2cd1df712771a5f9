"""From a file to samples, and what is wrong with them."""
