"""The tempo, the metre and the bar line, heard in what is played. Pure."""
