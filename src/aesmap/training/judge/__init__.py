"""From rated photographs to a bundled model: probe, heads, calibration, choices inside folds."""
