"""Arrays in, matplotlib figures out."""
