"""What every other room may use: errors, options, files, threads, types."""
