"""The page as one file that needs no service: the network runs in the browser."""
