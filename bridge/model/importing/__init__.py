"""Other people's checkpoints, made into model folders.

``read_checkpoint`` (here: readers, downloads) gives a :class:`Checkpoint`, tensors by the names
that TensorFlow gave them. ``graphs.build`` makes ONNX graphs of it, a :class:`Built`.
``folder`` writes the model folder. Tensors are data: nothing of a checkpoint is executed.
"""
