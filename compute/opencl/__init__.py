"""Training on OpenCL: finding a device that works, and computing on it.

Nothing here imports pyopencl when it is imported. ``devices.prepare_loader()`` must run before anything
does; every function of ``devices`` that needs it calls it.
"""
