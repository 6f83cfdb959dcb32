"""Promises that the code itself keeps: its size, no way to send, no work at import, words where they are owed."""

from __future__ import annotations

import ast
import json
import re
import statistics
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from vulture import Vulture

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("assistant", "providers") for path in sorted((ROOT / folder).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))

Function = ast.FunctionDef | ast.AsyncFunctionDef

_SENDING_MODULES = {"smtplib", "aiosmtplib"}
_SENDING_CALLS = {"send", "sendmail", "send_mail", "send_message", "send_and_save", "send_only", "send_raw_email"}
# Graph's paths, and what EWS and its library call the message dispositions and invitations that go out.
_SENDING_TEXT = re.compile(
    r"/send(Mail)?\b|\bSend(Only|AndSaveCopy|To\w*(All|Changed)\w*)\b|\bsendmail\b|\bsendUpdates\b"
)

# Fields and members of enumerations are the words of files and mails, and stand whether or not a line reads them.
_DEAD = {"class", "function", "import", "method", "property", "unreachable_code"}

_WATCH_IMPORTS = Path(__file__).with_name("watch_imports.py")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _lines(found: list[str]) -> str:
    return "\n" + "\n".join(found)


def _functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function)]


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _ways_to_send(source: str) -> list[str]:
    """Name every import, call and text in `source` by which something could leave for somebody else."""
    found: list[str] = []
    tree = ast.parse(source)
    docstrings = _docstrings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found += [f"import {name.name}" for name in names if name.name.split(".")[0] in _SENDING_MODULES]
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in _SENDING_MODULES:
                found.append(f"import {module}")
            case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called)) if called in _SENDING_CALLS:
                found.append(f"call of {called}")
            case ast.Constant(value=str(text)) if _SENDING_TEXT.search(text) and node not in docstrings:
                found.append(f"text {text!r}")
            case _:
                pass
    return found


def _docstrings(tree: ast.Module) -> list[ast.expr]:
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, owners) and node.body]
    return [body[0].value for body in bodies if isinstance(body[0], ast.Expr)]


def _is_one_sentence(docstring: str | None) -> bool:
    """Tell whether a docstring is one paragraph that ends once: with a full stop and no other before it."""
    text = " ".join((docstring or "").split())
    paragraphs = re.split(r"\n\s*\n", (docstring or "").strip())
    return len(paragraphs) == 1 and text.endswith(".") and not re.search(r"[a-z0-9)`\"][.!?] [A-Z]", text)


def test_functions_are_short() -> None:
    """Half of all functions have ten lines or fewer, nine in ten have thirty or fewer."""
    lengths = [_length(function) for path in SOURCES for function in _functions(path)]
    assert statistics.median(lengths) <= 10
    assert statistics.quantiles(lengths, n=10)[-1] <= 30


def test_no_function_is_long() -> None:
    """No function has more than sixty lines."""
    long = [
        f"{_name(path)}: {each.name} has {_length(each)}"
        for path in SOURCES
        for each in _functions(path)
        if _length(each) > 60
    ]
    assert not long, _lines(long)


def test_no_module_is_long() -> None:
    """Every module has fewer than 400 lines."""
    lengths = {_name(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length >= 400} == {}


def _unused(*paths: Path) -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["vulture"]
    search = Vulture(ignore_names=settings["ignore_names"], ignore_decorators=settings["ignore_decorators"])
    search.scavenge([str(path) for path in paths])
    found = search.get_unused_code(min_confidence=settings["min_confidence"])
    return [f"{Path(item.filename).name}:{item.first_lineno} {item.name}" for item in found if item.typ in _DEAD]


def test_nothing_is_unused() -> None:
    """Every function, method and class is used by another line, be it a test."""
    found = _unused(*SOURCES, *TESTS)
    assert not found, _lines(found)


def test_dead_code_would_be_found(tmp_path: Path) -> None:
    """A function that nothing calls and a line after a return are found; a called function is not."""
    sample = tmp_path / "sample.py"
    sample.write_text("def used():\n    return 1\n    print()\n\ndef unused():\n    return used()\n")
    assert _unused(sample) == ["sample.py:3 return", "sample.py:5 unused"]


def test_every_test_states_a_fact() -> None:
    """Every test function's docstring is one sentence."""
    wordless = [
        f"{_name(path)}:{each.lineno} {each.name}"
        for path in TESTS
        for each in _functions(path)
        if each.name.startswith("test_") and not _is_one_sentence(ast.get_docstring(each))
    ]
    assert not wordless, _lines(wordless)


@pytest.mark.parametrize("docstring", [None, "", "No full stop", "One thing. Another thing.", "A line.\n\nMore."])
def test_other_docstrings_are_not_one_sentence(docstring: str | None) -> None:
    """Nothing, a fragment, two sentences and two paragraphs are each told apart from a sentence."""
    assert not _is_one_sentence(docstring)


def test_nothing_can_send() -> None:
    """No module imports, calls or names a way to send a message or an invitation."""
    assert {_name(path): ways for path in SOURCES if (ways := _ways_to_send(path.read_text()))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import smtplib",
        "from smtplib import SMTP",
        "service.users().messages().send(userId='me', body=body).execute()",
        "service.users().drafts().send(userId='me', body=body)",
        "message.send_and_save()",
        "account.sendmail(a, b, c)",
        "session.post(f'{base}/me/sendMail', json=mail)",
        "session.post(base + '/me/messages/1/send')",
        "subprocess.run(['/usr/sbin/sendmail', '-t'])",
        "item.save(send_meeting_invitations='SendToAllAndSaveCopy')",
        "events.insert(body=event, **{'sendUpdates': 'all'})",
    ],
)
def test_a_way_to_send_would_be_found(source: str) -> None:
    """Each product's way to send is recognised in code."""
    assert _ways_to_send(source) != []


def _watched_import(path: Path, package: str) -> list[str]:
    command = [sys.executable, str(_WATCH_IMPORTS), str(path), package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    seen: list[str] = json.loads(done.stdout)
    return seen


def test_importing_does_nothing() -> None:
    """Importing the whole core opens no file, database or connection and reads nothing of the environment."""
    seen = _watched_import(ROOT, "assistant")
    assert not seen, _lines(seen)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import os; HOME = os.environ['HOME']", "environment HOME"),
        ("import os; HOME = os.getenv('HOME')", "environment HOME"),
        ("from pathlib import Path; TEXT = Path(__file__).with_name('some.sql').read_text()", "open"),
        ("import sqlite3; DATABASE = sqlite3.connect(':memory:')", "sqlite3.connect"),
        ("from zoneinfo import ZoneInfo; ZONE = ZoneInfo('Europe/Berlin')", "open"),
    ],
)
def test_work_at_import_would_be_found(tmp_path: Path, line: str, expected: str) -> None:
    """Reading a variable, a data file, a database or a zone at import is seen, and where."""
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "some.sql").write_text("")
    (tmp_path / "sample" / "__init__.py").write_text(line + "\n")
    seen = _watched_import(tmp_path, "sample")
    assert any(one.startswith(f"sample/__init__.py:1 {expected}") for one in seen), seen


def test_every_exemption_says_why() -> None:
    """A line that a checker is told to pass over names the rule and gives the reason."""
    # The directives are spelt in two pieces, so that this line is none.
    directive = re.compile(r"#\s*(?:no" r"qa|type:\s*ig" r"nore)\b(.*)")
    reasoned = re.compile(r"(?:: ?[A-Z]+\d+(?:, ?[A-Z]+\d+)*|\[[\w, -]+\])\s+(?:[#-] )?\S+ .+")
    exempt = [
        (f"{_name(path)}:{number}", found[1])
        for path in SOURCES + TESTS
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if (found := directive.search(line))
    ]
    mute = [where for where, rest in exempt if not reasoned.fullmatch(rest)]
    assert not mute, _lines(mute)


def test_every_dependency_says_why() -> None:
    """Every requirement in pyproject.toml has a comment on its line."""
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    lists = [
        project["build-system"]["requires"],
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    requirements = [each for one in lists for each in one if isinstance(each, str)]
    lines = [(f'"{each}"', line) for each in requirements for line in text.splitlines() if f'"{each}"' in line]
    assert {quoted for quoted, _ in lines} == {f'"{each}"' for each in requirements}
    assert [quoted for quoted, line in lines if not re.search(r"# \w", line.rpartition('"')[2])] == []


def test_dependencies_are_what_is_imported() -> None:
    """Every library that the code imports is required, and every required one is imported (time zones are read)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    always = {_distribution(each) for each in project["dependencies"]}
    extra = {_distribution(each) for one in project["optional-dependencies"].values() for each in one}
    owners = packages_distributions()
    modules = {module for path in SOURCES for module in _imported(path)}
    # Several libraries may share a name, as those of Google do.
    used = {module: {_distribution(owner) for owner in owners.get(module, [module])} for module in modules}
    assert [module for module, found in used.items() if not found & (always | extra)] == []
    assert always - set().union(*used.values()) == {"tzdata"}


def _imported(path: Path) -> set[str]:
    """Name the top-level modules that a file imports, our own and Python's aside."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    wanted = plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in wanted} - set(sys.stdlib_module_names) - {"assistant", "providers"}


def test_every_dependency_is_pinned_for_development() -> None:
    """constraints.txt names one version of every requirement, so that a checkout installs alike every day."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    installed = [extras[name] for name in ("google", "exchange", "microsoft365")]
    lists = [project["project"]["dependencies"], *installed, *project["dependency-groups"].values()]
    wanted = {_distribution(each) for one in lists for each in one if isinstance(each, str)}
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {_distribution(line) for line in lines if re.fullmatch(r"[\w.-]+==[\w.]+", line)}
    assert wanted - pinned == set()


def _distribution(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()
