"""What every command has besides its own code: examples, completion, a page of the manual."""
