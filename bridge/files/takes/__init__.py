"""The files of takes: the format on disk, their folder, names and trash."""
