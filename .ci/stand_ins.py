# What libraries import and nothing here asks for, too large to be brought along: something small takes its place.
import sys
import types


class _OfQt(types.ModuleType):
    """Of pyqtgraph's plots by OpenGL."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        from PySide6.QtWidgets import QWidget

        return QWidget


for _name in ("PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets"):
    sys.modules[_name] = _OfQt(_name)


class _OfArrow:
    """Arrow's files ask where certificates lie, as some are in the cloud. Others that look for ssl still find none."""

    def find_spec(self, name, path=None, target=None):
        if name == "pyarrow._fs":
            known = types.ModuleType("ssl")
            known.get_default_verify_paths = lambda: types.SimpleNamespace(cafile=None, capath=None)
            sys.modules["ssl"] = known
        elif name.startswith("pyarrow._"):
            sys.modules.pop("ssl", None)


sys.meta_path.insert(0, _OfArrow())
