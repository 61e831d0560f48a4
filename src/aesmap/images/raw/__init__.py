"""Cameras' raw files."""
