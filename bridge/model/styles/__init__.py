"""Styles: by metre, and those that players learned themselves."""
