"""The HTTP service: assessments, explanations and crops of photographs sent to it."""
