"""What networks said of test images, and figures of one or two of them with intervals."""
