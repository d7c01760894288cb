"""Commands that measure: model, timing, clocks, controls, start."""
