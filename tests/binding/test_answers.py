"""One entry is added to a file that a person wrote, and nothing else of it changes."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from l9stack.binding.answers import Edit, add_implementation
from l9stack.errors import InputError

TARGET = "office.desk_weigh:weigh"


def edited(folder: Path, text: str) -> Edit:
    file = folder / "answers.yaml"
    file.write_bytes(text.encode())
    return add_implementation(file, file.read_bytes(), "desk.weigh", TARGET, lambda key: key.lower() == "desk.weigh")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("settings:\n  a: 1", "settings:\n  a: 1\n\noperations:\n  desk.weigh:\n    implementation: @\n"),
        ("# only this\n", "# only this\n\noperations:\n  desk.weigh:\n    implementation: @\n"),
        (
            "operations:  # ours\n    # about filing\n    desk.file: {behaviour: echo}\n",
            "operations:  # ours\n    desk.weigh:\n      implementation: @\n    # about filing\n"
            "    desk.file: {behaviour: echo}\n",
        ),
        ("operations:\nsettings: {a: 1}\n", "operations:\n  desk.weigh:\n    implementation: @\nsettings: {a: 1}\n"),
        ("operations: {}", "operations: {desk.weigh: {implementation: @}}"),
        (
            "operations: { desk.file: {behaviour: echo}}\n",
            "operations: {desk.weigh: {implementation: @},  desk.file: {behaviour: echo}}\n",
        ),
        (
            "operations:\n  Desk.weigh:\n    # why\n    criticality: 0.9  # high\n",
            "operations:\n  Desk.weigh:\n    implementation: @\n    # why\n    criticality: 0.9  # high\n",
        ),
        (
            "operations:\n  desk.weigh: {criticality: 0.9, behaviour: 'unbound'}  # on purpose\n",
            "operations:\n  desk.weigh: {criticality: 0.9, implementation: @}  # on purpose\n",
        ),
        (
            "operations:\n  desk.weigh:\n    behaviour: unbound # on purpose\n    criticality: 0.9\n",
            "operations:\n  desk.weigh:\n    implementation: @ # on purpose\n    criticality: 0.9\n",
        ),
        (
            "operations:\r\n  desk.file: {}\r\n",
            "operations:\r\n  desk.weigh:\r\n    implementation: @\r\n  desk.file: {}\r\n",
        ),
        ("\ufeffsettings: {a: 1}\n", "\ufeffsettings: {a: 1}\n\noperations:\n  desk.weigh:\n    implementation: @\n"),
    ],
)
def test_the_entry_stands_where_it_belongs(tmp_path: Path, before: str, after: str):
    assert edited(tmp_path, before).text == after.replace("@", TARGET)


@pytest.mark.parametrize("text", ["operations: null\n", "{settings: {a: 1}}\n", "operations: {desk.weigh: null}\n"])
def test_a_form_with_no_safe_place_is_left_alone_and_told(tmp_path: Path, text: str):
    with pytest.raises(InputError) as caught:
        edited(tmp_path, text)
    assert [problem.code for problem in caught.value.problems] == ["not-edited"]
    assert TARGET in caught.value.problems[0].hint
    assert (tmp_path / "answers.yaml").read_text() == text


LINE = st.sampled_from(["# a remark", "", "  # another", "   "])
ENTRY = st.sampled_from(["desk.file: {behaviour: echo}", "desk.answer:\n    criticality: 0.2\n    # low", "desk.x: {}"])


@given(
    st.lists(LINE, max_size=2),
    st.lists(st.tuples(ENTRY, st.lists(LINE, max_size=2)), max_size=3, unique_by=lambda pair: pair[0]),
    st.lists(LINE, max_size=2),
    st.booleans(),
)
def test_without_the_new_lines_the_file_is_what_it_was(tmp_path_factory, head, entries, tail, settings):
    lines = [*head, "operations:"]
    for entry, between in entries:
        lines += [f"  {entry}", *between]
    lines += [*tail, *(["settings: {a: 1}"] if settings else [])]
    before = "\n".join(lines) + "\n"
    edit = edited(tmp_path_factory.mktemp("answers"), before)
    new = edit.text.splitlines(keepends=True)
    assert not edit.replaced
    assert "".join(new[: edit.first - 1] + new[edit.last :]) == before
    assert "".join(new[edit.first - 1 : edit.last]).split() == ["desk.weigh:", "implementation:", TARGET]
