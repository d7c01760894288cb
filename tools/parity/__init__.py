"""Our MusicVAE graphs against magenta.js."""
