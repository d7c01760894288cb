"""The operating system: processes, priorities, files. No music."""
