"""Trainings as things of their own: the way that one went, to go back to any step of it, and several beside each
other."""
