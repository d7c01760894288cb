"""The user's own files: settings, forms, anchors, history."""
