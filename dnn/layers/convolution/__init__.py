"""Two-dimensional convolution, by im2col and by Winograd's algorithm."""
