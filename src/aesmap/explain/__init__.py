"""Pictures of maps, assessments, crops and distributions, by Pillow alone."""
