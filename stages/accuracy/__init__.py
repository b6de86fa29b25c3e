"""Presets, trainings of them over seeds, and the table of what they reached."""
