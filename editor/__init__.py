"""The window: shows what compute knows, and asks compute to change it."""
