"""Google's MusicVAE: from a checkpoint's tensors to ONNX graphs, without TensorFlow."""
