"""Completion for shells, made from what the commands declare to argparse."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

PROGRAM = "gradwire"


@dataclass(frozen=True)
class Word:
    """An option, or an argument that has no name: ``names``: as it is written, empty for such an argument; ``value``:
    what it takes, empty where it takes none; ``choices``: what that may be, empty where it may be any file or text;
    ``file``: whether a file is meant."""

    names: tuple[str, ...]
    help: str
    value: str = ""
    choices: tuple[str, ...] = ()
    file: bool = False


@dataclass(frozen=True)
class Call:
    """A command: its name, what it does, and its words; the name is "" for a call without one."""

    name: str
    help: str
    words: tuple[Word, ...]

    @property
    def options(self) -> list[Word]:
        """Those that have a name."""
        return [word for word in self.words if word.names]

    @property
    def offered(self) -> list[str]:
        """What the unnamed arguments may be, where that is one of some words."""
        return [choice for word in self.words if not word.names for choice in word.choices]


def calls(parser: argparse.ArgumentParser) -> list[Call]:
    """What can be called, first the call without a command."""
    found = [Call("", "", tuple(_words(parser)))]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {choice.dest: choice.help or "" for choice in action._choices_actions}
            found += [Call(name, told.get(name, ""), tuple(_words(sub))) for name, sub in action.choices.items()]
    return found


def _words(parser: argparse.ArgumentParser) -> Iterator[Word]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        takes = action.nargs != 0
        value = action.metavar if isinstance(action.metavar, str) else action.dest
        choices = tuple(map(str, action.choices or ()))
        help_text = (action.help or "").replace("%%", "%")
        names = tuple(action.option_strings)
        file = takes and not choices and _is_file(value)
        yield Word(names, help_text, value if takes else "", choices if takes else (), file)


def _is_file(metavar: str) -> bool:
    return any(part in metavar for part in ("FILE", "PATH", "FOLDER", ".csv", "OTHER"))


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """The text that a shell has to read. Errors: KeyError for a shell that is none of ``SHELLS``."""
    return SHELLS[shell](calls(parser))


def _names(words: Sequence[Word]) -> list[str]:
    return [name for word in words for name in word.names]


def _first(text: str) -> str:
    """A sentence that fits beside a word."""
    return text.partition(";")[0].partition(". ")[0].rstrip(".")


# -- bash -------------------------------------------------------------------------------------------------------------


def _bash(found: Sequence[Call]) -> str:
    top, commands = found[0], found[1:]
    cases = "\n".join(
        f'        {call.name}) options="{" ".join(_names(call.options))}" words="{" ".join(call.offered)}" ;;'
        for call in commands
    )
    values = "\n".join(f"        {names}) {reply}; return ;;" for names, reply in _bash_values(found))
    first = " ".join([*(call.name for call in commands), *_names(top.options)])
    return f"""# Completion of {PROGRAM} for bash.
_{PROGRAM}() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} options="" words=""
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        COMPREPLY=($(compgen -W "{first}" -- "$word") $(compgen -f -- "$word"))
        return
    fi
    case "${{COMP_WORDS[1]}}:$before" in
{values}
    esac
    case "${{COMP_WORDS[1]}}" in
{cases}
    esac
    case "$word" in
        -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
        *) COMPREPLY=($(compgen -W "$words" -- "$word") $(compgen -f -- "$word")) ;;
    esac
}}
complete -o filenames -F _{PROGRAM} {PROGRAM}
"""


def _bash_values(found: Sequence[Call]) -> Iterator[tuple[str, str]]:
    for call in found[1:]:
        for word in call.options:
            if not word.value:
                continue
            names = "|".join(f"{call.name}:{name}" for name in word.names)
            if word.choices:
                yield names, f'COMPREPLY=($(compgen -W "{" ".join(word.choices)}" -- "$word"))'
            elif word.file:
                yield names, 'COMPREPLY=($(compgen -f -- "$word"))'
            else:
                yield names, "true"


# -- zsh --------------------------------------------------------------------------------------------------------------


def _zsh(found: Sequence[Call]) -> str:
    commands = "\n".join(f"        {_quoted(f'{call.name}:{_first(call.help)}')}" for call in found[1:])
    cases = "\n".join(
        f"        {call.name}) _arguments -S -s {' '.join(_zsh_word(word) for word in call.words)} ;;"
        for call in found[1:]
    )
    return f"""#compdef {PROGRAM}
# Completion of {PROGRAM} for zsh.
_{PROGRAM}() {{
    local -a commands
    commands=(
{commands}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        _arguments {" ".join(_zsh_word(word) for word in found[0].options)}
        _files
        return
    fi
    local command=$words[2]
    shift words; (( CURRENT-- ))
    case $command in
{cases}
    esac
}}
if [ "$funcstack[1]" = "_{PROGRAM}" ]; then _{PROGRAM} "$@"; else compdef _{PROGRAM} {PROGRAM}; fi
"""


def _zsh_word(word: Word) -> str:
    def plain(text: str) -> str:
        return "".join(f"\\{sign}" if sign in "[]:\\" else sign for sign in text)

    kind = f"({' '.join(word.choices)})" if word.choices else "_files" if word.file else ""
    value = f":{plain(word.value)}:{kind}" if word.value else ""
    if not word.names:
        return _quoted(f"*{value}")
    return " ".join(_quoted(f"{name}[{plain(_first(word.help))}]{value}") for name in word.names)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# -- fish -------------------------------------------------------------------------------------------------------------


def _fish(found: Sequence[Call]) -> str:
    def said(text: str) -> str:
        return "'" + _first(text).replace("\\", "\\\\").replace("'", "\\'") + "'"

    lines = [f"# Completion of {PROGRAM} for fish."]
    for call in found[1:]:
        lines.append(f"complete -c {PROGRAM} -n __fish_use_subcommand -a {call.name} -d {said(call.help)}")
    for call in found:
        when = f"'__fish_seen_subcommand_from {call.name}'" if call.name else "__fish_use_subcommand"
        for word in call.words:
            named = " ".join(f"-{'l' if name.startswith('--') else 's'} {name.lstrip('-')}" for name in word.names)
            takes = ""
            if word.choices:
                takes = f" -{'x' if word.names else 'f'} -a '{' '.join(word.choices)}'"
            elif word.file and word.names:
                takes = " -r -F"
            elif word.value and word.names:
                takes = " -x"
            if named or takes:
                lines.append(f"complete -c {PROGRAM} -n {when} {named}{takes} -d {said(word.help)}")
    return "\n".join(lines) + "\n"


# -- PowerShell -------------------------------------------------------------------------------------------------------


def _powershell(found: Sequence[Call]) -> str:
    def listed(words: Sequence[tuple[str, str]]) -> str:
        return "@(" + ", ".join(f"@({_doubled(name)}, {_doubled(_first(text) or name)})" for name, text in words) + ")"

    def names_of(call: Call) -> list[tuple[str, str]]:
        return [(name, word.help) for word in call.options for name in word.names]

    known, values = [], []
    for call in found[1:]:
        known.append(f"        {_doubled(call.name)} = {listed([*((o, '') for o in call.offered), *names_of(call)])}")
        for word in call.options:
            if word.choices:
                offered = listed([(choice, "") for choice in word.choices])
                values += [f"        {_doubled(f'{call.name} {name}')} = {offered}" for name in word.names]
    first = listed([*((call.name, call.help) for call in found[1:]), *names_of(found[0])])
    lines = "\n".join(known)
    after = "\n".join(dict.fromkeys(values))
    return f"""# Completion of {PROGRAM} for PowerShell.
Register-ArgumentCompleter -Native -CommandName {PROGRAM} -ScriptBlock {{
    param($word, $ast, $position)
    $first = {first}
    $known = @{{
{lines}
    }}
    $values = @{{
{after}
    }}
    $said = @($ast.CommandElements | Where-Object {{ $_.Extent.EndOffset -lt $position }} | ForEach-Object {{ "$_" }})
    if ($said.Count -lt 2) {{ $offered = $first }}
    elseif ($said.Count -gt 2 -and $values.ContainsKey("$($said[1]) $($said[-1])")) {{
        $offered = $values["$($said[1]) $($said[-1])"]
    }}
    else {{ $offered = $known[$said[1]] }}
    $offered | Where-Object {{ $_ -and $_[0].StartsWith($word) }} | ForEach-Object {{
        [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
    }}
}}
"""


def _doubled(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


SHELLS: Mapping[str, Callable[[Sequence[Call]], str]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
    "powershell": _powershell,
}
"""Shell → what writes its completion."""
