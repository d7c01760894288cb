"""Other people's checkpoints, made into model folders.

``reader.read_checkpoint`` gives a :class:`~bridge.model.musicvae.checkpoint.Checkpoint`,
tensors by the names that TensorFlow gave them; ``bridge.model.musicvae`` makes graphs of it;
``folder.write_folder`` a model of the library. ``published`` and ``download`` find and fetch
what Magenta published. Tensors are data: nothing of a checkpoint is executed.
"""
