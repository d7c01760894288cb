"""Neural networks: the contract, the runtime, the library of models, the worker process."""
