"""The project around the pipeline: its command line, paths, parameters, git and DVC."""
