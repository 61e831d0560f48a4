"""From a file, bytes or an array to an upright sRGB array, and a crop back to a file."""
