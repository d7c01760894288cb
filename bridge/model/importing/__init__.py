"""Import published MusicVAE checkpoints as model folders.

``reader.read_checkpoint`` gives a :class:`~bridge.model.musicvae.checkpoint.Checkpoint`, tensors
by their TensorFlow names; ``bridge.model.musicvae`` builds ONNX graphs from it;
``folder.write_folder`` writes a model folder. ``published`` and ``download`` find and fetch
Magenta's published checkpoints. Nothing in a checkpoint is executed.
"""
