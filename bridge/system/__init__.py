"""Operating system services: processes, priorities, files. No music."""
