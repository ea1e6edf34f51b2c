"""How a walk that asked went: every step that was asked, right or wrong, with the mistakes by their names."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from compute.asking import Record, Result, Score, title_of
from editor import theme
from editor.panels.flow import Flow
from editor.panels.widgets import button, column, label, paragraph
from editor.plain import tip_text
from editor.scale import px

_KEY = Qt.ItemDataRole.UserRole
_TOKENS: dict[Result, str] = {
    "first": "good",
    "later": "warning",
    "shown": "error",
    "skipped": "text_dim",
    "open": "text_dim",
}
_MARKS: dict[Result, str] = {"first": "✓", "later": "(✓)", "shown": "✗", "skipped": "–", "open": "…"}


def _beside(score: Score, last: Score) -> str:
    """How it went before, to be compared."""
    return f" Last time: {last.sentence}" if score.done.records and last.records else ""


class Summary(QWidget):
    """``chosen``: a step is to be gone to; ``left``: back to the walk; ``again``: everything is to be asked anew."""

    chosen = Signal(int)
    left = Signal()
    again = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = label("How it went", bold=True, points=10.5)
        self.words = paragraph("", "", 9.5)
        self.words.setAccessibleName("How it went")
        self.mistakes = paragraph("", "dim", 9.5)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Steps that were asked; Enter goes to one")
        self.tree.setHeaderLabels(["Step", "Asked for", "How it went"])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.tree.header()
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setSectionsMovable(False)
        self.back = button("Back to the walk", "back", "The step at which the walk is")
        self.once_more = button("Ask again", "reset", "From the first step on, with nothing answered")
        head = Flow(spacing=8)
        head.addWidget(self.title)
        head.push()
        head.addWidget(self.once_more)
        head.addWidget(self.back)
        layout = column(self, 0, 6)
        layout.addLayout(head)
        layout.addWidget(self.words)
        layout.addWidget(self.mistakes)
        layout.addWidget(self.tree, 1)
        self.tree.setMinimumHeight(px(120))
        self.tree.itemClicked.connect(self._go)
        self.tree.itemActivated.connect(self._go)
        self.back.clicked.connect(self.left)
        self.once_more.clicked.connect(self.again)

    def show_score(self, score: Score, last: Score) -> None:
        """What became of every step, and how it went before; of a walk in which nothing is answered yet only that."""
        before = not score.done.records and bool(last.records)
        self.title.setText("How it went last time" if before else "How it went")
        self.words.setText(f"{last.sentence if before else score.sentence}{_beside(score, last)}")
        score = last if before else score
        counted = [f"{title_of(kind)} {count} ×" for kind, count in score.mistakes.most_common()]
        self.mistakes.setText(f"Mistakes: {', '.join(counted)}." if counted else "")
        self.mistakes.setVisible(bool(counted))
        self.tree.clear()
        for key, record in sorted(score.records.items()):
            self.tree.addTopLevelItem(self._item(key, record))
        for column_ in (0, 1):
            self.tree.resizeColumnToContents(column_)
            self.tree.setColumnWidth(column_, min(self.tree.columnWidth(column_) + px(20), px(360)))
        first = self.tree.topLevelItem(0)
        if first is not None:
            self.tree.setCurrentItem(first)

    def _item(self, key: int, record: Record) -> QTreeWidgetItem:
        reason = {None: "", True: "", False: "; the reason was another"}[record.reason]
        words = f"{_MARKS[record.result]}  {record.sentence}{reason}"
        item = QTreeWidgetItem([str(key + 1), record.name, words])
        item.setData(0, _KEY, key)
        typed = ", ".join(filter(None, record.typed)) or "nothing"
        for column_, tip in ((1, record.title), (2, f"{words}. Typed: {typed}")):
            item.setData(column_, Qt.ItemDataRole.ToolTipRole, tip_text(tip))
        item.setForeground(2, theme.color(getattr(theme.current(), _TOKENS[record.result])))
        item.setSizeHint(0, QSize(0, self.tree.fontMetrics().height() + px(8)))
        return item

    def _go(self, item: QTreeWidgetItem) -> None:
        self.chosen.emit(int(item.data(0, _KEY)))
