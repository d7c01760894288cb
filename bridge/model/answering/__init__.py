"""From a request to a bar: the chain of networks that answers."""
