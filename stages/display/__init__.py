"""All that a person sees: progress, bars in a terminal, HTML pages."""
