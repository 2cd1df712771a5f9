"""The sections of the report: each takes the month and gives a `document.Section`, or nothing where its list was not given."""
