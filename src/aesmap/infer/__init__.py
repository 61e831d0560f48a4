"""Runs exported models with ONNX Runtime. Never imports torch."""
