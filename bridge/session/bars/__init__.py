"""A bar from its request to the worker, over the result, to its notes. Pure."""
