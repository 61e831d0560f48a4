"""Runtimes that can run a model: ONNX Runtime and OpenVINO."""
