"""Data sets: where they come from, their files, their form, and their splits."""
