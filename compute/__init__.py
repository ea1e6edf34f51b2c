"""Gradwire's numbers: documents, operations, plans, engines, training, explanation and export. Knows no Qt."""
