"""Places from the files others publish: one module per format, one way in (`reading.read_places`)."""
