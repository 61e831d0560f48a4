"""The report: a folder of photographs as one HTML page."""
