"""Each format's quoting, by properties: whatever a text says, its format reads it back as a text."""

from __future__ import annotations

import ast
import json
import shlex
import subprocess
import unicodedata

import pytest
import yaml
from hypothesis import example, given, strategies as st
from markdown_it import MarkdownIt

from l9stack import printable
from l9stack.errors import Place, Problem
from l9stack.rendering import quoting
from tests.hostile.payloads import PAYLOADS
from tests.hostile.skeletons import mermaid

MARKS = (
    "\"'\\\r\n\x00\x0b\x0c\x1b\x1c\x85\u2028\u2029\u202e\u2066\u200b\ufeff\ud800{}$`%#<>[]()|*_~-=+:;&!@.,/ abc0é\u0456"
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=MARKS, max_size=60),
    st.lists(st.sampled_from(sorted(PAYLOADS.values())), max_size=2).map("".join),
)
READABLE = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def payloads(test):
    """Every payload as an example of its own."""
    for text in PAYLOADS.values():
        test = example(text)(test)
    return test


@payloads
@given(TEXTS)
def test_python(text):
    source = quoting.python({text: [text, (text, None)], "x": {text}})
    assert source.replace("\n", "").isprintable()
    # A long run of one character is a product, so that this is no literal to `ast.literal_eval`.
    assert eval(compile(ast.parse(source, mode="eval"), "x", "eval"), {"__builtins__": {}}) == {
        text: [text, (text, None)],
        "x": {text},
    }


@payloads
@given(TEXTS)
def test_docstring(text):
    """CVE-2026-105801, GHSA-7f3j-j7jj-r3vr."""
    for indent in (0, 4):
        pad = " " * indent
        source = (
            f"class A:\n{pad or ' '}{quoting.docstring(text, indent)}\n{pad or ' '}x = 1\n"
            if indent
            else (f"{quoting.docstring(text)}\nx = 1\n")
        )
        module = ast.parse(source)
        body = module.body[0].body if indent else module.body
        assert [type(node) for node in body] == [ast.Expr, ast.Assign]
        assert isinstance(body[0].value, ast.Constant) and isinstance(body[0].value.value, str)


@payloads
@given(TEXTS)
def test_comment(text):
    """CVE-2026-54621, CVE-2026-54654: a line separator ended the comment."""
    module = ast.parse(f"# {quoting.comment(text)}\nx = 1\n")
    assert [type(node) for node in module.body] == [ast.Assign]
    assert len(f"# {quoting.comment(text)}".splitlines()) == 1


@payloads
@given(TEXTS)
def test_yaml_and_json(text):
    """CVE-2017-18342, CVE-2020-1747, CVE-2020-14343: a tag made an object."""
    said = "".join("\ufffd" if unicodedata.category(char) == "Cs" else char for char in text)
    assert yaml.safe_load(f"a: {quoting.yaml([text])}\n") == {"a": [said]}
    # YAML itself has keys of at most 1,024 characters.
    if len(key := quoting.yaml_key(text)) < 1000:
        assert yaml.safe_load(f"{key}: 1\n") == {said: 1}
    assert json.loads(quoting.json_text({text: text})) == {text: text}


@payloads
@given(TEXTS)
def test_shell_word(text):
    assert shlex.split(f"l9 call x --data {quoting.shell(text)}") == ["l9", "call", "x", "--data", printable.line(text)]


def test_shell_words_as_a_shell_reads_them():
    words = [text for text in PAYLOADS.values() if len(text) < 1000]
    script = "printf '%s\\n' " + " ".join(quoting.shell(word) for word in words)
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "".join(f"{printable.line(word)}\n" for word in words)
    assert done.stderr == ""


@payloads
@example("\\<\\&")
@given(TEXTS)
def test_markdown(text):
    flat = printable.line(text)
    for source in (f"- {printable.markdown(text)}", f"Says: {printable.markdown(text)}", printable.markdown(text)):
        tokens = READABLE.parse(source)
        inline = [token for token in tokens if token.type == "inline"]
        assert {token.type.rpartition("_")[0] for token in tokens if token.type != "inline"} <= {
            "paragraph", "bullet_list", "list_item",
        }  # fmt: skip
        assert {child.type for token in inline for child in token.children} <= {"text", "softbreak", "text_special"}
    read = "".join(child.content for token in inline for child in token.children)
    assert read.split() == flat.split()


@payloads
@given(TEXTS)
def test_code_in_markdown(text):
    flat = printable.line(text)
    [paragraph] = [token for token in READABLE.parse(f"x {printable.markdown_code(text)} y") if token.type == "inline"]
    assert [child.type for child in paragraph.children] == (["text", "code_inline", "text"] if flat else ["text"])
    tokens = READABLE.parse(f"| a | b |\n|---|---|\n| {printable.table_code(text)} | y |\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert [cell.content for cell in cells[:2]] == ["a", "b"] and cells[-1].content == "y" and len(cells) == 4
    assert {child.type for child in cells[2].children} <= {"code_inline", "text", "text_special"}


@payloads
@given(TEXTS)
def test_mermaid_label(text):
    label = printable.mermaid(text) or "x"
    assert mermaid(f'flowchart LR\n  n0["{label}"]\n  n0 -->|"{label}"| n1\n')


@payloads
@given(TEXTS)
def test_one_line_that_shows_all_that_it_is(text):
    flat = printable.line(text)
    assert len(flat.splitlines()) <= 1 and flat.isprintable()
    assert printable.line(flat) == flat


@payloads
@given(TEXTS)
def test_a_terminal_obeys_no_message(text):
    told = str(Problem("code", text, Place("file.yaml"), text))
    assert all(char.isprintable() or char in "\n\t" or unicodedata.category(char) == "Zs" for char in told)
    assert told.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()], ids=["nan", "inf", "object"])
def test_what_has_no_literal_is_no_text(value):
    with pytest.raises((TypeError, ValueError)):
        quoting.python(value)
