# pyqtgraph imports Qt's OpenGL modules for plots that nobody here asks for; they are as large as all widgets.
import sys
import types


class _Stand(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        from PySide6.QtWidgets import QWidget

        return QWidget


for _name in ("PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets"):
    sys.modules[_name] = _Stand(_name)
