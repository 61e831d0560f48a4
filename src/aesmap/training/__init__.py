"""Training, evaluation, calibration and export. Never imports infer or app."""
