"""Neural networks: model contract, ONNX runtime, model library, worker process."""
