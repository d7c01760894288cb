"""The views: the lines and widgets that the screen is made of."""
