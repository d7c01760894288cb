"""The worker process that runs the model, and its client in the engine."""
