"""The panel of the lesson: for whoever learns by it, and for whoever writes it."""
