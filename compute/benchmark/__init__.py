"""The project's own measurements: training steps against PyTorch, matrix products against NumPy, each kernel against
what the device can do at most, the first step of a network, memory, what watches cost, the command ``train``, how
many more steps networks do side by side, and what the window costs training.

Everything is taken in one run on one machine, the sides by turns; what counts are the ratios. Beside each stands the
goal that the project has set itself. ``suite.run`` is the way in; what it returns is plain data.
"""

PARTS = ("training", "gemm", "kernels", "first-step", "memory", "watches", "train", "sweeps", "window")
"""What can be measured, in this order."""
