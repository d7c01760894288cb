"""Other people's checkpoints, made into model folders.

``read_checkpoint`` gives a :class:`~bridge.model.importing.checkpoint.Checkpoint`, tensors by
the names that TensorFlow gave them; ``bridge.model.musicvae`` makes graphs of it. Tensors are
data: nothing of a checkpoint is executed.
"""
