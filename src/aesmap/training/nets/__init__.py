"""Torch modules: backbones, heads, the network. Tensors in, tensors out."""
