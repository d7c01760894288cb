"""Answer requests: the chain of networks from a request to bars."""
