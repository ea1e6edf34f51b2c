"""Plots of a run: loss curves, the decision boundary, histograms. Drawing libraries are loaded when first needed."""
