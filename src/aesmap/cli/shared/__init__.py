"""What commands share: options, paths, messages, progress, signals."""
