"""Places for others to use: one module per format, each a function from places to the text of a file."""
