"""Technical quality and its faults: linear heads on the frozen network's features."""
