"""Parts of every command besides its own code: examples, completion, a page of the manual."""
