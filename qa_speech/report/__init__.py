"""Show calls and scores to people: the page of a call, the index, the sheet, sound for the browser, the words."""
