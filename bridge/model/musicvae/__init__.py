"""Google's MusicVAE (Roberts et al. 2018, arXiv:1803.05428): ONNX graphs from a checkpoint's
tensors, without TensorFlow."""
