"""The panels around the canvas. Each is a widget made with ``(session, parent=None)`` that follows the session."""
