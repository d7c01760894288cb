"""Data sets of trios from public sources, and the windows that training draws from them."""
