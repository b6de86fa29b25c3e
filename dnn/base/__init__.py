"""Used by every other room: errors, options, files, threads, types."""
