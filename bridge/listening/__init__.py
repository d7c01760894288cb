"""The player and the other tracks, heard as harmony, energy, tempo and key. Pure.

Every function takes notes and times as values: the live session and whole files use the same.
"""
