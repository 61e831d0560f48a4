"""Types, images, ratings, maps, crops, drawing and metrics: numpy and Pillow alone."""
