"""The life of a generated bar: request, answer, notes. Pure."""
