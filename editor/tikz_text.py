"""Text and formulas as TeX takes them: whatever a name holds, it is shown and never obeyed."""

from __future__ import annotations

import re
import unicodedata

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "%": r"\%",
    "_": r"\_",
    "&": r"\&",
    "#": r"\#",
    "$": r"\$",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    '"': r"\char34{}",
    "-": r"-{}",
    "`": r"\char96{}",
    "'": r"\char39{}",
}
_NAMES = (
    "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon "
    "varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega "
)
_GREEK = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _NAMES.split(), strict=True))
_SIGNS = {
    "−": "-", "×": r"\times", "±": r"\pm", "·": r"\cdot", "→": r"\rightarrow", "←": r"\leftarrow", "∂": r"\partial",
    "∞": r"\infty", "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "∇": r"\nabla", "√": r"\surd",
    "∈": r"\in", "⊙": r"\odot", "∘": r"\circ", "°": r"^\circ", "∑": r"\Sigma", "ŷ": r"\hat y", "…": r"\ldots",
    "⌀": r"\emptyset", "′": "'", "ᵀ": "^T", "⁻": "^-", "⇒": r"\Rightarrow", "↑": r"\uparrow", "↓": r"\downarrow",
    "ø": r"\emptyset", "✓": r"\surd", "∗": "*",
}  # fmt: skip
_WIDE = {"-": "scriptstyle", r"\times": "scriptstyle", r"\pm": "scriptstyle"} | dict.fromkeys(
    (r"\rightarrow", r"\leftarrow", r"\Rightarrow", r"\infty", r"\approx"), "scriptscriptstyle"
)
_ACCENTS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0304": r"\=", "\u0306": r"\u",
    "\u0307": r"\.", "\u0308": r"\"", "\u030a": r"\r", "\u030b": r"\H", "\u030c": r"\v", "\u0327": r"\c",
}  # fmt: skip
_LETTERS = {"ß": r"\ss{}", "æ": r"\ae{}", "œ": r"\oe{}", "Æ": r"\AE{}", "ł": r"\l{}", "Ø": r"\O{}", "ı": r"\i{}"}
_QUOTES = {"–": "--", "—": "---", "„": "''", "“": "``", "”": "''", "’": "'", "‘": "`", "\u00a0": " ", "\u202f": " "}
_COMMANDS = (
    "frac dfrac tfrac sqrt sum prod int lim log ln exp sin cos tan tanh max min arg sup inf left right "
    "big Big cdot cdots ldots vdots ddots dots times pm mp div ast star circ odot otimes oplus top bot "
    "prime partial nabla infty in notin subset forall exists to gets mapsto rightarrow leftarrow "
    "Rightarrow Leftarrow iff leq le geq ge neq ne approx equiv sim propto ll gg mid parallel quad qquad "
    "hat bar vec dot tilde overline underline mathrm mathbf mathit mathcal text operatorname limits lVert "
    "rVert lvert rvert lfloor rfloor lceil rceil langle rangle begin end boldsymbol underbrace overbrace "
    "displaystyle textstyle epsilon varepsilon phi varphi theta vartheta alpha beta gamma delta zeta eta "
    "iota kappa lambda mu nu xi pi rho sigma tau upsilon chi psi omega Gamma Delta Theta Lambda Xi Pi "
    "Sigma Upsilon Phi Psi Omega ell hbar Re Im emptyset "
)
_KNOWN = frozenset((_COMMANDS + _NAMES).split())
_PARTS = re.compile(r"\\([A-Za-z]+|.)")
_SETS = re.compile(r"\\(?:begin|end)\s*\{(?!(?:[bpv]?matrix|cases|array)\})")


def text_of(text: str, width: float = 0.0) -> str:
    """A text for a paragraph. width: of every character, for one of the font's size, where all have the same; signs of
    other fonts are put into the middle of as much room."""
    out = []
    for character in unicodedata.normalize("NFC", text):
        found, foreign = _one(character)
        out.append(_narrow(found, width) if foreign and width else found)
    body = "".join(out)
    return body.replace("  ", r"\ \ ") if "  " in body else body


def _narrow(sign: str, width: float) -> str:
    """A sign of mathematics in so much room, smaller where it is wider."""
    wide = next((size for each, size in _WIDE.items() if sign == f"${each}$"), "")
    if wide:
        sign = rf"\raise.1em\hbox{{$\{wide} {sign[1:]}}}"
    return rf"\hbox to {width:g}em{{\hss {sign}\hss}}"


def _one(character: str) -> tuple[str, bool]:
    """A character as TeX has it, and whether it is of another font."""
    if character in _SPECIAL:
        found = _SPECIAL[character]
        return found, found.startswith("$")
    if character.isascii():
        return (character if character.isprintable() else " "), False
    for plain in (_LETTERS, _QUOTES):
        if character in plain:
            return plain[character], False
    if character in _SIGNS or character in _GREEK:
        return f"${_SIGNS.get(character) or chr(92) + _GREEK[character]}$", True
    kind, _, whole = unicodedata.decomposition(character).rpartition("> ")
    if kind in ("<sub", "<super") and (whole := chr(int(whole.split()[0], 16))).isalnum() and whole.isascii():
        return f"${'_' if kind == '<sub' else '^'}{{{whole}}}$", True
    parts = unicodedata.normalize("NFD", character)
    if len(parts) == 2 and parts[0].isascii() and parts[1] in _ACCENTS:
        return f"{_ACCENTS[parts[1]]}{{{parts[0]}}}", False
    return rf"[{ord(character):X}]", False  # TeX has no letter for it, so its number


def formula(latex: str) -> str:
    """A formula as it is; one that holds more than signs and letters of mathematics as the text that it is."""
    return f"${latex}$" if is_plain(latex) else text_of(f"${latex}$")


def is_plain(latex: str) -> bool:
    """Whether a formula holds nothing but mathematics, so that TeX does nothing else with it."""
    depth = 0
    for found in _PARTS.finditer(latex):
        if found[1].isalpha() and found[1] not in _KNOWN:
            return False
    for character in _PARTS.sub("", latex):
        depth += (character == "{") - (character == "}")
        if (
            depth < 0
            or character in "$%#\\"
            or not ((character.isascii() and character.isprintable()) or character == "\n")
        ):
            return False
    return depth == 0 and "^^" not in latex and not _SETS.search(latex)
